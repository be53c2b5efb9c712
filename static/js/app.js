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
import "./chat-badge.js";
import "./people-badge.js";
import "./report.js";
