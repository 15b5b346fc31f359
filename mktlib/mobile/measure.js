/* What a thumb and an eye meet on this page, measured in an isolated world of the page: the page's own scripts cannot bend it.
   Every box is [x, y, width, height] in CSS px from the top left corner of the document. */
(() => {
  const root = document.documentElement;
  const scroller = document.scrollingElement || root;
  const wide = scroller.clientWidth;
  const tall = window.innerHeight;
  const MOST = 3000;  // elements of a kind that are looked at

  const style = (el) => getComputedStyle(el);
  const shown = (el) => el.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
  const box = (r) => [r.left + scrollX, r.top + scrollY, r.right - r.left, r.bottom - r.top].map((x) => Math.round(x * 10) / 10);
  const clips = (s) => /hidden|clip/.test(s.overflowX) || /hidden|clip/.test(s.overflowY) || s.clipPath !== "none" || s.clip !== "auto";

  /* The part of a rectangle that its ancestors let be seen; null where nothing is left of it. */
  function seen(r, from) {
    let [left, top, right, bottom] = [r.left, r.top, r.right, r.bottom];
    for (let el = from; el && el !== document.body && el !== root; el = el.parentElement) {
      const s = style(el);
      if (!clips(s)) continue;
      const c = el.getBoundingClientRect();
      if (s.clip !== "auto" && (c.width <= 1 || /^rect\((0px|1px)(, \1)*\)$/.test(s.clip))) return null;
      if (/^inset\((50|100)%/.test(s.clipPath)) return null;
      if (/hidden|clip/.test(s.overflowX)) { left = Math.max(left, c.left); right = Math.min(right, c.right); }
      if (/hidden|clip/.test(s.overflowY)) { top = Math.max(top, c.top); bottom = Math.min(bottom, c.bottom); }
    }
    const off = right + scrollX <= 0 || bottom + scrollY <= 0;
    return off || right - left <= 1 || bottom - top <= 1 ? null : { left, top, right, bottom };
  }

  function step(el) {
    const tag = el.localName;
    const id = el.getAttribute("id");  // a form's own .id may be a field of that name
    if (id) return `${tag}#${id}`;
    const first = el.classList && el.classList[0];
    return first ? `${tag}.${first}` : tag;
  }
  /* A short name for people, and a long one that is the element's alone. */
  function name(el) {
    const parts = [step(el)];
    for (let up = el.parentElement; up && up !== document.body && up !== root && parts.length < 2 && !el.getAttribute("id"); up = up.parentElement) parts.unshift(step(up));
    const words = (el.innerText || el.alt || el.getAttribute("aria-label") || "").trim().replace(/\s+/g, " ");
    return { name: parts.join(" > ").slice(0, 80), words: words.slice(0, 40), key: path(el) };
  }
  const orders = new Map();  // the places of each parent's children, counted once
  function order(el) {
    const parent = el.parentElement;
    if (!orders.has(parent)) orders.set(parent, new Map([...parent.children].map((child, i) => [child, i])));
    return orders.get(parent).get(el);
  }
  function path(el) {
    const parts = [];
    for (; el && el.parentElement; el = el.parentElement) parts.unshift(`${el.localName}:${order(el)}`);
    return parts.join("/");
  }

  /* Pieces of text that can be seen: the element they stand in, their rectangle and how many characters they have. */
  function texts() {
    const found = [];
    const walker = document.createTreeWalker(document.body || root, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const el = node.parentElement;
      const words = node.data.trim().replace(/\s+/g, " ");
      if (!words || !el || !shown(el) || el.closest("svg, noscript, script, style, option")) continue;
      range.selectNodeContents(node);
      const visible = seen(range.getBoundingClientRect(), el);
      if (visible && !outside(visible, el)) found.push({ el, node, rect: visible, chars: words.length, words });
    }
    return found;
  }

  /* ---- wider than the screen ---- */
  const held = (el) => {
    for (let up = el.parentElement; up && up !== document.body && up !== root; up = up.parentElement)
      if (style(up).overflowX !== "visible") return true;
    return false;
  };
  const fixed = (el) => {
    for (let up = el; up && up !== root; up = up.parentElement) if (style(up).position === "fixed") return true;
    return false;
  };
  function sticksOut(pieces) {
    const over = new Map();
    for (const el of document.body ? document.body.querySelectorAll("*") : []) {
      const r = el.getBoundingClientRect();
      if (r.right + scrollX > wide + 1 && r.width > 0 && r.height > 0 && shown(el) && !held(el) && !fixed(el)) over.set(el, r);
    }
    const outermost = [...over].filter(([el]) => !over.has(el.parentElement));
    const range = document.createRange();
    for (const { el, node } of pieces) {
      if (over.has(el) || held(el) || fixed(el) || style(el).overflowX !== "visible") continue;
      range.selectNodeContents(node);
      const r = [...range.getClientRects()].find((x) => x.right + scrollX > wide + 1);
      if (r && ![...over.keys()].some((up) => up.contains(el))) outermost.push([el, r]);
    }
    return outermost.slice(0, 20).map(([el, r]) => ({ ...name(el), right: Math.round(r.right + scrollX), left: Math.round(r.left + scrollX), box: box(r) }));
  }

  /* ---- what a thumb must hit ---- */
  const TAPPED = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=checkbox], " +
    "[role=radio], [role=switch], [role=tab], [role=menuitem], [role=slider], [onclick], [contenteditable=true]";
  function union(rects) {
    return { left: Math.min(...rects.map((r) => r.left)), top: Math.min(...rects.map((r) => r.top)),
             right: Math.max(...rects.map((r) => r.right)), bottom: Math.max(...rects.map((r) => r.bottom)) };
  }
  /* What answers a tap: the element; for an inline link also what stands in it; for a box to tick also its label. */
  function hit(el) {
    let rects = [el.getBoundingClientRect()];
    if (style(el).display === "inline") rects.push(...[...el.querySelectorAll("*")].filter(shown).map((x) => x.getBoundingClientRect()));
    if (/^(checkbox|radio)$/.test(el.type || "")) rects.push(...[...(el.labels || [])].filter(shown).map((x) => x.getBoundingClientRect()));
    rects = rects.filter((r) => r.width > 0 && r.height > 0);
    return rects.length ? seen(union(rects), el.labels && el.labels[0] && /^(checkbox|radio)$/.test(el.type) ? el.labels[0] : el) : null;
  }
  /* Text of the same run of lines that is in no target: letters or digits, not only separators. */
  function inSentence(el) {
    if (!style(el).display.startsWith("inline")) return false;
    let block = el.parentElement;
    while (block && style(block).display === "inline") block = block.parentElement;
    if (!block || /flex|grid/.test(style(block).display)) return false;
    let words = "";
    let mine = false;
    const walk = (node) => {
      if (node === el) { mine = true; return false; }
      if (node.nodeType === 3) { words += node.data; return false; }
      if (node.nodeType !== 1) return false;
      const cut = node.localName === "br" || !style(node).display.startsWith("inline");
      if (cut) { if (mine) return true; words = ""; }
      if (!cut && (node.matches(TAPPED) || !shown(node))) return false;
      for (const child of node.childNodes) if (walk(child)) return true;
      if (cut) { if (mine) return true; words = ""; }
      return false;
    };
    for (const child of block.childNodes) if (walk(child)) break;
    return mine && /[\p{L}\p{N}]{2,}/u.test(words);
  }
  /* Right of the screen where nothing scrolls to it: a menu that waits. A control as the browser draws it: no size of the author's. */
  const outside = (r, el) => r.left >= wide && (fixed(el) || [root, document.body].some((up) => up && /hidden|clip/.test(style(up).overflowX)));
  const untouched = (el) => /^(checkbox|radio)$/.test(el.type || "") && style(el).appearance === "auto" && el.offsetWidth === 13 && el.offsetHeight === 13;
  function gap(a, b) {
    return Math.hypot(Math.max(0, a.left - b.right, b.left - a.right), Math.max(0, a.top - b.bottom, b.top - a.bottom));
  }
  function targets() {
    const all = [];
    for (const el of document.querySelectorAll(TAPPED)) {
      if (all.length >= MOST || el.disabled || el.localName === "area" || !shown(el) || style(el).pointerEvents === "none") continue;
      const r = hit(el);
      if (r && !outside(r, el)) all.push({ el, r, w: r.right - r.left, h: r.bottom - r.top, fixed: fixed(el), href: el.href || null });
    }
    const small = (t) => t.w < 23.95 || t.h < 23.95;
    const other = (a, b) => a !== b && a.fixed === b.fixed && !a.el.contains(b.el) && !b.el.contains(a.el) && !(a.href && a.href === b.href);
    const clash = (a, b) => {
      const [x, y] = [(a.r.left + a.r.right) / 2, (a.r.top + a.r.bottom) / 2];
      if (gap({ left: x, right: x, top: y, bottom: y }, b.r) < 11.95) return true;
      return small(b) && Math.hypot(x - (b.r.left + b.r.right) / 2, y - (b.r.top + b.r.bottom) / 2) < 23.95;
    };
    const largest = new Map();  // of each address, the largest target that leads to it
    for (const t of all) if (t.href) largest.set(t.href, Math.max(largest.get(t.href) || 0, Math.min(t.w, t.h)));
    const equal = (t, least) => t.href && Math.min(t.w, t.h) < least && largest.get(t.href) >= least - 0.05;
    const strips = new Map();  // targets by strips of the page: only near ones are compared
    const strip = (y) => Math.floor(y / 100);
    for (const t of all) for (let k = strip(t.r.top); k <= Math.min(strip(t.r.bottom), strip(t.r.top) + 50); k++) {
      if (!strips.has(k)) strips.set(k, []);
      strips.get(k).push(t);
    }
    const about = (t) => {
      const found = new Set();
      for (let k = strip(t.r.top) - 1; k <= Math.min(strip(t.r.bottom), strip(t.r.top) + 50) + 1; k++) for (const o of strips.get(k) || []) found.add(o);
      return [...found];
    };
    return all.map((t) => {
      const near = about(t).filter((o) => other(t, o));
      const gaps = near.map((o) => gap(t.r, o.r));
      return {
        ...name(t.el), w: Math.round(t.w * 10) / 10, h: Math.round(t.h * 10) / 10, box: box(t.r),
        gap: gaps.length ? Math.round(Math.min(...gaps) * 10) / 10 : null,
        crowded: small(t) && near.some((o) => clash(t, o)),
        excepted: inSentence(t.el) || untouched(t.el), equal24: Boolean(equal(t, 24)), equal44: Boolean(equal(t, 44)), equal48: Boolean(equal(t, 48)),
      };
    });
  }

  /* ---- text too small to read ---- */
  function print(pieces, least) {
    const small = new Map();
    let [chars, tiny] = [0, 0];
    for (const { el, rect, chars: n } of pieces) {
      const size = parseFloat(style(el).fontSize);
      chars += n;
      if (size >= least - 0.01) continue;
      tiny += n;
      const before = small.get(el);
      small.set(el, { size, chars: n + (before ? before.chars : 0), rect: before ? union([before.rect, rect]) : rect });
    }
    const worst = [...small].sort((a, b) => b[1].chars - a[1].chars).slice(0, 20);
    return { chars, small: tiny, elements: worst.map(([el, x]) => ({ ...name(el), size: x.size, chars: x.chars, box: box(x.rect) })) };
  }

  /* ---- pictures with more pixels than the screen can show ---- */
  async function pixels(img) {
    if (!img.srcset && !img.closest("picture")) return [img.naturalWidth, img.naturalHeight];
    const bare = new Image();  // naturalWidth of one chosen from a srcset is divided by its density
    bare.src = img.currentSrc;
    try { await bare.decode(); } catch { return [img.naturalWidth, img.naturalHeight]; }
    return [bare.naturalWidth, bare.naturalHeight];
  }
  async function images() {
    const found = [];
    for (const img of [...document.images].slice(0, 300)) {
      const r = img.getBoundingClientRect();
      if (!img.complete || !img.naturalWidth || r.width < 2 || r.height < 2 || !shown(img) || img.getAttribute("srcset") === "") continue;
      const [width, height] = await pixels(img);
      found.push({ ...name(img), src: img.currentSrc || img.src, natural: [width, height], w: r.width, h: r.height, fit: style(img).objectFit,
                   chosen: Boolean(img.srcset || img.closest("picture")), box: box(r) });
    }
    return found;
  }

  /* ---- what lies under a bar that does not move, where no scrolling can free it ---- */
  function covered(pieces, end) {
    const bars = [...document.querySelectorAll("body *")].filter((el) => {
      if (!/fixed|sticky/.test(style(el).position) || !shown(el)) return false;
      const r = el.getBoundingClientRect();
      return r.width >= wide / 2 && r.height >= 16 && (end ? r.bottom >= tall - 1 && r.top > 0 : r.top <= 1 && r.bottom < tall);
    });
    const found = [];
    for (const bar of bars) {
      const b = bar.getBoundingClientRect();
      for (const { el, rect } of pieces) {
        const [x, y] = [(rect.left + rect.right) / 2, (rect.top + rect.bottom) / 2];
        if (bar.contains(el) || y <= b.top || y >= b.bottom || x < 0 || x > wide) continue;
        const top = document.elementFromPoint(x, y);
        if (top && (top === bar || bar.contains(top))) found.push({ ...name(el), by: name(bar).name, box: box(rect) });
      }
    }
    return found.slice(0, 20);
  }

  /* ---- what jumped: the largest window of shifts (gaps of a second at most, five seconds long), as for Core Web Vitals ---- */
  function jumps() {
    return new Promise((done) => {
      const seenShifts = [];
      try {
        new PerformanceObserver((list) => seenShifts.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });
      } catch { done(null); }
      setTimeout(() => done(worstWindow(seenShifts.filter((x) => !x.hadRecentInput))), 60);
    });
  }
  function worstWindow(entries) {
    let best = { value: 0, elements: [] };
    let now = null;
    for (const e of entries.sort((a, b) => a.startTime - b.startTime)) {
      if (!now || e.startTime - now.last > 1000 || e.startTime - now.first > 5000) now = { first: e.startTime, value: 0, from: [] };
      now.last = e.startTime;
      now.value += e.value;
      now.from.push(...(e.sources || []).map((s) => s.node && (s.node.nodeType === 1 ? s.node : s.node.parentElement)));
      if (now.value > best.value) best = { value: now.value, from: [...new Set(now.from.filter((el) => el && el.isConnected))] };
    }
    const elements = (best.from || []).slice(0, 5).map((el) => ({ ...name(el), box: box(el.getBoundingClientRect()) }));
    return { value: Math.round(best.value * 1e4) / 1e4, elements };
  }

  return {
    async top(least) {
      scrollTo({ top: 0, behavior: "instant" });  // a page may ask for smooth scrolling
      orders.clear();
      const pieces = texts();
      const clipped = [root, document.body].some((el) => el && /hidden|clip/.test(style(el).overflowX));
      return {
        wide, tall, height: Math.max(scroller.scrollHeight, root.scrollHeight), right: scroller.scrollWidth, clipped, out: sticksOut(pieces),
        cut: pieces.filter(({ el, rect }) => clipped && rect.left < wide - 4 && rect.right > wide + 4 && !held(el) && !fixed(el)).slice(0, 20)
          .map(({ el, rect }) => ({ ...name(el), box: box(rect) })),
        targets: targets(), text: print(pieces, least), images: await images(), covered: covered(pieces, false),
      };
    },
    end() {
      scrollTo({ top: scroller.scrollHeight, behavior: "instant" });
      return covered(texts(), true);
    },
    jumps,
    height: () => Math.max(scroller.scrollHeight, root.scrollHeight),
  };
})()
