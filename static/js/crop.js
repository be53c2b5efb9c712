// The piece of a picture that is kept: dragged, zoomed by wheel, fingers, keys or slider. Only its rectangle is sent, in
// parts of the whole; the server cuts. A picture this browser cannot show is sent as it is, and its middle is taken.
// Forms with data-crop ask for a picture of their shape; `choosePiece` asks for a picture that is there, in a shape of choice.
const MOST = 5;
const dialog = document.getElementById("crop-dialog");
const stage = dialog.querySelector("[data-crop-stage]");
const image = dialog.querySelector("[data-crop-image]");
const slider = dialog.querySelector("[data-crop-zoom]");
const blank = image.src;

const shapes = dialog.querySelector("[data-crop-shapes]"); // only where the shape may be chosen

let form = null; // the one that asks
let answer = null; // or whoever waits for a rectangle
let shape = 1;
let piece; // the middle and the size of what is kept, in parts of the picture
const touches = new Map();

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

function size(zoom) {
  const ratio = image.naturalWidth / image.naturalHeight / (shape || image.naturalWidth / image.naturalHeight);
  return { wide: Math.min(1, 1 / ratio) / zoom, high: Math.min(1, ratio) / zoom };
}

function show(x, y, zoom) {
  zoom = clamp(zoom, 1, MOST);
  const { wide, high } = size(zoom);
  piece = { x: clamp(x, wide / 2, 1 - wide / 2), y: clamp(y, high / 2, 1 - high / 2), zoom, wide, high };
  image.style.setProperty("width", `${100 / wide}%`);
  image.style.setProperty("height", `${100 / high}%`);
  image.style.setProperty("left", `${-((piece.x - wide / 2) / wide) * 100}%`);
  image.style.setProperty("top", `${-((piece.y - high / 2) / high) * 100}%`);
  slider.value = zoom;
}

/** Moves by parts of what is seen. */
const move = (dx, dy) => show(piece.x + dx * piece.wide, piece.y + dy * piece.high, piece.zoom);

/** Larger or smaller, while what is at `x`, `y` of the stage (in parts of it) stays there. */
function zoomAt(zoom, x = 0.5, y = 0.5) {
  const next = size(clamp(zoom, 1, MOST));
  show(piece.x + (x - 0.5) * (piece.wide - next.wide), piece.y + (y - 0.5) * (piece.high - next.high), zoom);
}

function at(event) {
  const box = stage.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

stage.addEventListener("pointerdown", (event) => {
  stage.setPointerCapture(event.pointerId);
  touches.set(event.pointerId, at(event));
});
stage.addEventListener("pointermove", (event) => {
  const before = touches.get(event.pointerId);
  if (!before) return;
  const now = at(event);
  touches.set(event.pointerId, now);
  const other = [...touches].find(([id]) => id !== event.pointerId)?.[1];
  if (other) {
    const far = (one) => Math.hypot(one.x - other.x, one.y - other.y) || 0.01;
    zoomAt(piece.zoom * (far(now) / far(before)), (now.x + other.x) / 2, (now.y + other.y) / 2);
  } else move(before.x - now.x, before.y - now.y);
});
for (const kind of ["pointerup", "pointercancel"]) {
  stage.addEventListener(kind, (event) => touches.delete(event.pointerId));
}
stage.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const { x, y } = at(event);
    zoomAt(piece.zoom * Math.exp(-event.deltaY / 400), x, y);
  },
  { passive: false },
);
stage.addEventListener("keydown", (event) => {
  const step = event.shiftKey ? 0.2 : 0.04;
  const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
  if (way) move(...way);
  else if (event.key === "+" || event.key === "=") zoomAt(piece.zoom * 1.1);
  else if (event.key === "-") zoomAt(piece.zoom / 1.1);
  else if (event.key === "Enter") done();
  else return;
  event.preventDefault();
});
slider.addEventListener("input", () => zoomAt(Number(slider.value)));
for (const button of dialog.querySelectorAll("[data-crop-step]")) {
  button.addEventListener("click", () => zoomAt(piece.zoom * 1.2 ** Number(button.dataset.cropStep)));
}

const input = (of) => of.querySelector('input[type="file"]');
const rectangle = (of) => of.querySelector('input[type="hidden"][name$="crop"]');

function done() {
  const { x, y, wide, high } = piece;
  const numbers = [x - wide / 2, y - high / 2, wide, high].map((one) => Math.max(0, one).toFixed(5));
  if (answer) {
    answer(numbers.map(Number));
    dialog.close("done");
    return;
  }
  const chosen = form;
  rectangle(chosen).value = numbers.join(",");
  dialog.close("done");
  if ("cropCalm" in chosen.dataset) return; // there is more to fill in
  chosen.requestSubmit();
}
dialog.querySelector("[data-crop-done]").addEventListener("click", done);

dialog.addEventListener("close", () => {
  const kept = dialog.returnValue === "done";
  dialog.returnValue = "";
  image.onload = image.onerror = null;
  if (!answer) URL.revokeObjectURL(image.src);
  image.src = blank;
  touches.clear();
  answer?.(null); // the first answer counts
  answer = null;
  if (!form) return;
  if (!kept) input(form).value = "";
  input(form).focus();
});

function begin(wanted) {
  shape = wanted;
  const ratio = shape || image.naturalWidth / image.naturalHeight;
  stage.style.setProperty("aspect-ratio", ratio);
  stage.style.setProperty("inline-size", `min(100%, calc(60dvh * ${ratio}))`);
  show(0.5, 0.5, 1);
}

function ask(file) {
  image.onload = () => {
    if (image.naturalWidth < 2) return;
    stage.classList.toggle("round", form.dataset.crop === "1");
    dialog.showModal();
    begin(Number(form.dataset.crop));
    stage.focus();
  };
  image.onerror = () => {
    image.onload = image.onerror = null;
    image.src = blank;
  };
  image.src = URL.createObjectURL(file);
}

/** The rectangle that somebody chooses of the picture at `url`: left, top, width, height in parts of it; null: none. */
export function choosePiece(url) {
  form = null;
  return new Promise((resolve, reject) => {
    image.onload = () => {
      answer = resolve;
      shapes.querySelector("input").checked = true;
      dialog.showModal();
      begin(0);
      stage.focus();
    };
    image.onerror = () => {
      image.onload = image.onerror = null;
      image.src = blank;
      reject(new Error());
    };
    image.src = url;
  });
}
shapes?.addEventListener("change", ({ target }) => begin(Number(target.value)));

document.addEventListener("change", (event) => {
  const asking = event.target.closest?.("form[data-crop]");
  if (!asking || event.target.type !== "file") return;
  form = asking;
  rectangle(form).value = "";
  const [file] = event.target.files;
  if (file) ask(file);
});

// A picture is sent at once and the page comes anew: words not saved yet come back with it.
const words = document.querySelector("form[data-draft]");
if (words) {
  const KEY = `draft:${location.pathname}`;
  for (const [name, value] of JSON.parse(sessionStorage.getItem(KEY) ?? "[]")) words.elements[name].value = value;
  sessionStorage.removeItem(KEY);
  document.addEventListener("submit", ({ target }) => {
    if (target === words) return;
    const typed = [...new FormData(words)].filter(([name]) => words.elements[name]?.matches?.("input:not([type=hidden]), textarea, select"));
    sessionStorage.setItem(KEY, JSON.stringify(typed));
  });
}
