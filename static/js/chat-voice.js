// A voice message: press, speak, stop, listen, send or throw away. What was being written stays as it is.
import { arrive } from "./arrive.js";
import * as outbox from "./chat-outbox.js";
import { t } from "./strings.js";
import { complain, toast } from "./toast.js";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
const LONGEST = 10 * 60; // seconds; the site takes no more
const BITS = 32000;
const TICK = 100;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds) % 60).padStart(2, "0")}`;

class Recording {
  /** `heard(seconds, level)` hears how long and how loud it is. */
  constructor(stream, heard, ended) {
    this.stream = stream;
    this.pieces = [];
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    this.recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS });
    this.recorder.addEventListener("dataavailable", ({ data }) => data.size && this.pieces.push(data));
    this.recorder.addEventListener("stop", () => ended(this));
    this.listen(heard);
    this.began = performance.now();
    this.recorder.start(1000);
  }

  listen(heard) {
    this.audio = new AudioContext();
    const ear = this.audio.createAnalyser();
    ear.fftSize = 512;
    this.audio.createMediaStreamSource(this.stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    this.timer = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      this.seconds = (performance.now() - this.began) / 1000;
      heard(this.seconds, Math.min(100, Math.max(...samples.map(Math.abs)) * 140));
      if (this.seconds >= LONGEST) this.stop();
    }, TICK);
  }

  stop() {
    clearInterval(this.timer);
    if (this.recorder.state !== "inactive") this.recorder.stop();
    this.stream.getTracks().forEach((track) => track.stop());
    if (this.audio.state !== "closed") this.audio.close();
  }

  get file() {
    const type = this.recorder.mimeType.split(";")[0] || "audio/webm";
    return new File(this.pieces, `voice.${type.split("/")[1]}`, { type });
  }
}

/** `answer`: what is being answered (chat-compose.js). */
export function recorder(form, thread, answer) {
  const button = form.querySelector("[data-record]");
  const panel = form.parentElement.querySelector("[data-recorder]");
  if (!button || !panel || !window.MediaRecorder || !navigator.mediaDevices?.getUserMedia) return;
  const part = (name) => panel.querySelector(`[data-record-${name}]`);
  const [live, listen, bar, stop, send] = ["live", "listen", "bar", "stop", "send"].map(part);
  let recording = null;
  let sending = null; // calls off what is on its way
  let turn = 0; // of what one began last: whatever belongs to another has ended

  const say = (words) => (part("status").textContent = words);
  const show = (...parts) => [live, listen, bar, stop, send].forEach((one) => (one.hidden = !parts.includes(one)));
  function close() {
    turn += 1;
    recording?.stop();
    sending?.abort();
    recording = sending = null;
    if (listen.src) URL.revokeObjectURL(listen.src);
    listen.removeAttribute("src");
    panel.hidden = true;
    form.hidden = false;
    say("");
    button.focus();
  }

  function recorded(made, own) {
    if (own !== turn) return;
    listen.src = URL.createObjectURL(made.file);
    show(listen, send);
    say(t("recorded", { time: clock(made.seconds ?? 0) }));
    send.focus();
  }

  async function open() {
    const own = (turn += 1);
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (error) {
      const words = { NotAllowedError: "mic_refused", SecurityError: "mic_refused", NotFoundError: "mic_none" };
      toast({ text: t(words[error.name] ?? "mic_busy"), kind: "error" });
      return;
    }
    if (own !== turn) {
      stream.getTracks().forEach((track) => track.stop()); // pressed twice: the other has begun
      return;
    }
    form.hidden = true;
    panel.hidden = false;
    show(live, stop);
    say(t("recording"));
    const heard = (seconds, level) => {
      part("clock").textContent = clock(seconds);
      part("level").value = level;
    };
    heard(0, 0);
    recording = new Recording(stream, heard, (made) => recorded(made, own));
    stop.focus();
  }

  async function go() {
    const own = turn;
    const { file } = recording;
    show(bar);
    const progress = (percent) => (percent === null ? bar.removeAttribute("value") : (bar.value = percent));
    progress(0);
    sending = new AbortController();
    try {
      const upload = await arrive(panel.dataset.uploads, file, { purpose: "voice", progress, signal: sending.signal });
      if (own !== turn) return;
      outbox.add(thread.id, "", { reply: answer.seq, files: [upload.key] }).then((item) => thread.showPending(item));
      answer.end();
      close();
    } catch (error) {
      if (own !== turn) return; // thrown away
      complain(error);
      show(listen, send); // it is still there, to be tried again
    }
  }

  button.hidden = false;
  button.addEventListener("click", open);
  stop.addEventListener("click", () => recording?.stop());
  send.addEventListener("click", go);
  part("drop").addEventListener("click", close);
  panel.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  addEventListener("pagehide", () => recording?.stop());
}
