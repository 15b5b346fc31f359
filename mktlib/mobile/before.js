/* Laid into every document before its own scripts: the same clock and the same chance on every run, no windows of its own. */
(() => {
  const Real = Date;
  const shift = Real.UTC(2026, 0, 15, 10, 0, 0) - Real.now();
  const now = () => Real.now() + shift;
  window.Date = new Proxy(Real, {
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now()], made),
    apply: () => new Real(now()).toString(),
    get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
  });
  let seed = 20260115;
  Math.random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  /* A saved page seldom holds every size of a picture: it shows the one that it has, marked by an empty srcset. */
  window.addEventListener("error", ({ target: img }) => {
    if (!(img instanceof HTMLImageElement) || !(img.srcset || img.closest("picture"))) return;
    for (const source of img.closest("picture")?.querySelectorAll("source") || []) source.remove();
    img.srcset = "";
  }, true);
  window.open = () => null;
  for (const key of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport", "Notification"]) delete window[key];
})();
