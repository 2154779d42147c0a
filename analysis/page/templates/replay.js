// Plays what replay.py packed: where the drives of the sample are at a moment, and who stands where at its hour.
"use strict";
(() => {
  const part = (id) => document.getElementById(`replay-${id}`);
  const given = JSON.parse(part("data").textContent);
  const [run, play, speed, time, now] = ["run", "play", "speed", "time", "now"].map(part);
  const spots = [...document.querySelectorAll("#replay-map .spot")];
  const names = [...document.querySelectorAll("#replay-map .name")];
  const ways = [...document.querySelectorAll("#replay-map .way")];
  const loads = part("loads");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let watched = null, minute = 0, timer = 0, drawnAt = 0;

  const digits = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f"); // as everywhere on the page

  function* numbers(text) {
    let number = 0, factor = 1;
    for (const letter of atob(text)) {
      const byte = letter.charCodeAt(0);
      number += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) {
        yield number;
        number = 0;
        factor = 1;
      }
    }
  }

  function unpacked(told) {
    const next = numbers(told.drives), drives = [];
    let from = 0, longest = 0;
    for (let step = next.next(); !step.done; step = next.next()) {
      let code = step.value;
      const sector = code % given.sectors;
      code = (code - sector) / given.sectors;
      const parts = (code % given.parts) + 1;
      code = (code - parts + 1) / given.parts;
      from += next.next().value;
      const lasts = next.next().value;
      longest = Math.max(longest, lasts);
      drives.push({from, lasts, way: Math.floor(code / given.parts), part: code % given.parts, parts, sector});
    }
    const series = [], rest = numbers(told.standing);
    for (let step = rest.next(); !step.done; step = rest.next()) {
      const hours = [], values = [];
      let hour = 0, value = 0;
      for (let k = 0; k < step.value; k++) {
        hour += rest.next().value;
        const change = rest.next().value;
        value += change % 2 ? -(change + 1) / 2 : change / 2;
        hours.push(hour);
        values.push(value);
      }
      series.push({hours, values});
    }
    return {...told, drives, longest, series};
  }

  function upTo(sorted, limit, of) { // how many are at the limit or before it
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(sorted[middle]) <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function place(drive) {
    const f = (drive.part + (minute - drive.from) / drive.lasts) / drive.parts, g = 1 - f;
    const [x, y, u, v, p, q] = given.ways[drive.way];
    return [g * g * x + 2 * f * g * u + f * f * p, g * g * y + 2 * f * g * v + f * f * q];
  }

  function draw() {
    const {drives, longest, series} = watched;
    let shown = 0;
    for (let k = upTo(drives, minute, (each) => each.from) - 1; k >= 0 && drives[k].from > minute - longest; k--) {
      if (drives[k].from + drives[k].lasts <= minute) continue;
      const dot = loads.children[shown] ||
        loads.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "circle"));
      const [x, y] = place(drives[k]);
      dot.setAttribute("class", `load sector${drives[k].sector}`);
      dot.setAttribute("cx", x.toFixed(2));
      dot.setAttribute("cy", y.toFixed(2));
      dot.setAttribute("r", "0.85");
      shown++;
    }
    while (loads.children.length > shown) loads.lastChild.remove();
    const hour = minute / 60;
    const value = (each) => each.values[upTo(each.hours, hour, (at) => at) - 1] || 0;
    for (const k of watched.spots) {
      const [trucks, pallets, arrived] = series.slice(3 * k, 3 * k + 3).map(value);
      const radius = (amount, most) => (most ? given.largest * Math.sqrt(amount / most) : 0).toFixed(2);
      spots[k].querySelector(".disc").setAttribute("r", radius(trucks, given.most[0]));
      spots[k].querySelector(".ring").setAttribute("r", radius(pallets, given.most[1]));
      names[k].querySelector(".count").textContent = digits(trucks) +
        (pallets ? ` + ${digits(pallets)} p` : "") + (arrived ? ` ✓ ${digits(arrived)} p` : "");
    }
    const whole = Math.floor(minute), two = (n) => String(n).padStart(2, "0");
    const said = now.dataset.said.replace("{n}", Math.floor(whole / 1440))
      .replace("{time}", `${two(Math.floor(whole / 60) % 24)}:${two(whole % 60)}`);
    now.textContent = said;
    time.value = whole;
    time.setAttribute("aria-valuetext", said);
  }

  function choose() {
    watched = unpacked(given.runs[run.value]);
    for (const each of [spots, names])
      each.forEach((spot, k) => spot.classList.toggle("absent", !watched.spots.includes(k)));
    ways.forEach((way, k) => way.classList.toggle("absent", !watched.ways.includes(k)));
    time.max = watched.days * 1440 - Number(time.step);
    minute = Math.min(minute, Number(time.max));
    const {said, all} = part("sample").dataset;
    part("sample").textContent = (watched.oneIn > 1 ? said : all).replace("{loads}", digits(watched.loads))
      .replace("{one_in}", digits(watched.oneIn));
    draw();
  }

  function stop() {
    cancelAnimationFrame(timer);
    clearTimeout(timer);
    timer = 0;
    play.textContent = play.dataset.play;
  }

  function goOn(minutes) {
    minute = Math.min(minute + minutes, Number(time.max));
    draw();
    if (minute >= Number(time.max)) stop();
    else again();
  }

  function again() { // who wants no motion gets a new picture each second
    if (still.matches) timer = setTimeout(() => goOn(Number(speed.value)), 1000);
    else timer = requestAnimationFrame((at) => {
      const passed = drawnAt ? Math.min(at - drawnAt, 200) : 0;
      drawnAt = at;
      goOn((Number(speed.value) * passed) / 1000);
    });
  }

  play.addEventListener("click", () => {
    if (timer) return stop();
    if (minute >= Number(time.max)) minute = 0;
    drawnAt = 0;
    play.textContent = play.dataset.pause;
    again();
  });
  time.addEventListener("input", () => {
    minute = Number(time.value);
    draw();
  });
  run.addEventListener("change", choose);
  minute = Math.floor(given.runs[0].days / 2) * 1440 + 600;
  choose();
  part("controls").hidden = false;
})();
