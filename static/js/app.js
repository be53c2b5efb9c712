// The entry: everything the frame does by itself. Rooms bring their own modules.
import "./htmx.js";
import "./toast.js";
import "./menu.js";
import "./dialog.js";
import "./reltime.js";
import "./theme.js";
import "./shortcuts.js";
import "./connection.js";
import "./forms.js";
import "./picture.js";
import "./tabs.js";
import "./drafts.js";
import "./worker.js";
import "./logout.js";
import "./chat-badge.js";
import "./delivered.js";
import "./people-badge.js";
import "./report.js";

// Who is here: at once where it is shown; else in time to tell that one has gone quiet.
const PRESENCE_WAIT = document.querySelector("[data-presence]") ? 0 : 10000;
setTimeout(() => import("./presence.js"), PRESENCE_WAIT);
