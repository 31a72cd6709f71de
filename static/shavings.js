// Small things that fly over a canvas and fall off it: shavings, sparks.

const MOST = 140; // at once
const FALL = 900; // px/s, each second

export class Shavings {
  #pen;
  #flying = [];

  // `pen()` is the canvas' context, scaled to CSS pixels.
  constructor(pen) {
    this.#pen = pen;
  }

  // Let `count` more fly; `make()` says of each where (x, y), how fast (dx, dy, px/s), how big, and its colour.
  fly(count, make) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden) return;
    const idle = !this.#flying.length;
    const more = Math.min(count, MOST - this.#flying.length);
    for (let i = 0; i < more; i += 1) this.#flying.push({ ...make(), turn: Math.random() * 6, spin: (Math.random() - .5) * 20 });
    if (idle && more) requestAnimationFrame((now) => this.#fall(now, now));
  }

  #fall(now, before) {
    const passed = Math.min(.05, (now - before) / 1000);
    const pen = this.#pen();
    const { width, height } = pen.canvas;
    pen.clearRect(0, 0, width, height);
    for (const chip of this.#flying) {
      chip.dy += FALL * passed;
      chip.x += chip.dx * passed;
      chip.y += chip.dy * passed;
      chip.turn += chip.spin * passed;
      pen.save();
      pen.translate(chip.x, chip.y);
      pen.rotate(chip.turn);
      pen.fillStyle = chip.colour;
      pen.fillRect(-chip.size, -chip.size / 4, chip.size * 2, chip.size / 2);
      pen.restore();
    }
    this.#flying = this.#flying.filter((chip) => chip.y < height);
    if (this.#flying.length) requestAnimationFrame((next) => this.#fall(next, now));
  }
}
