// Foil over one cell: how it looks, and what has been scratched from it.

const GRAIN = 8; // points across a cell, at which it is felt for
const TIP = .17; // the radius of a fingertip, in cells
const KEPT = 500; // scratches remembered for painting it again
const SILVER = [[0, '#dfe2ea'], [.35, '#a9aebd'], [.5, '#f4f5f9'], [.7, '#b4b9c7'], [1, '#8c92a4']];

// A line is [x0, y0, x1, y1] in CSS pixels; what is remembered is in cells, and survives a resize.
export class Foil {
  #bare = new Uint8Array(GRAIN * GRAIN);
  #scratches = [];

  constructor(name) {
    this.name = name;
  }

  place(x, y, size) {
    Object.assign(this, { x, y, size });
  }

  holds([x, y]) {
    return x >= this.x && x < this.x + this.size && y >= this.y && y < this.y + this.size;
  }

  // How much of it is off: 0 to 1.
  get off() {
    return this.#bare.reduce((sum, one) => sum + one, 0) / this.#bare.length;
  }

  // As if nobody had scratched.
  renew() {
    this.#bare.fill(0);
    this.#scratches = [];
  }

  // Scratch along a line that may pass by; whether it took off any foil.
  scratch(pen, line) {
    const [x0, y0, x1, y1] = line.map((v, i) => (v - (i % 2 ? this.y : this.x)) / this.size);
    if (Math.max(x0, x1) < -TIP || Math.min(x0, x1) > 1 + TIP || Math.max(y0, y1) < -TIP || Math.min(y0, y1) > 1 + TIP) return false;
    const scratch = [x0, y0, x1, y1];
    if (this.#scratches.length < KEPT) this.#scratches.push(scratch);
    this.#erase(pen, scratch);
    return this.#feel(scratch);
  }

  #feel([x0, y0, x1, y1]) {
    const [dx, dy] = [x1 - x0, y1 - y0];
    const square = dx * dx + dy * dy || 1;
    let felt = false;
    this.#bare.forEach((bare, i) => {
      if (bare) return;
      const [x, y] = [((i % GRAIN) + .5) / GRAIN - x0, (Math.floor(i / GRAIN) + .5) / GRAIN - y0];
      const along = Math.max(0, Math.min(1, (x * dx + y * dy) / square));
      if (Math.hypot(x - along * dx, y - along * dy) > TIP) return;
      this.#bare[i] = 1;
      felt = true;
    });
    return felt;
  }

  // Paint it, less what was scratched from it.
  paint(pen) {
    const { x, y, size } = this;
    if (!size) return;
    const silver = pen.createLinearGradient(x, y, x + size, y + size);
    for (const [at, colour] of SILVER) silver.addColorStop(at, colour);
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, size, size, size * .13);
    pen.clip();
    pen.fillStyle = silver;
    pen.fillRect(x, y, size, size);
    pen.strokeStyle = 'rgb(255 255 255 / .35)';
    pen.beginPath();
    for (let i = -size; i < size; i += size / 9) {
      pen.moveTo(x + i, y + size);
      pen.lineTo(x + i + size, y);
    }
    pen.stroke();
    pen.fillStyle = 'rgb(27 20 48 / .6)';
    pen.font = `900 ${size * .34}px system-ui, sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(this.name, x + size / 2, y + size * .53);
    pen.restore();
    for (const scratch of this.#scratches) this.#erase(pen, scratch);
  }

  // Take off a share of what is left; all of it with 1.
  fade(pen, share) {
    this.#off(pen, () => {
      pen.globalAlpha = share;
      pen.fillRect(this.x - 1, this.y - 1, this.size + 2, this.size + 2);
    });
  }

  #erase(pen, [x0, y0, x1, y1]) {
    const { x, y, size } = this;
    const [dx, dy] = [x1 - x0, y1 - y0];
    this.#off(pen, () => {
      pen.lineCap = 'round';
      pen.lineWidth = 1.7 * TIP * size;
      pen.beginPath();
      pen.moveTo(x + x0 * size, y + y0 * size);
      pen.lineTo(x + x1 * size + .01, y + y1 * size);
      pen.stroke();
      // Foil tears: the edge of a scratch is ragged.
      pen.beginPath();
      for (let tears = 5 * Math.ceil(Math.hypot(dx, dy) / TIP + 1); tears; tears -= 1) {
        const [along, turn, far] = [Math.random(), Math.random() * 7, TIP * (.75 + Math.random() * .35)];
        const [cx, cy] = [x0 + dx * along + Math.cos(turn) * far, y0 + dy * along + Math.sin(turn) * far];
        const radius = TIP * (.06 + Math.random() * .14) * size;
        pen.moveTo(x + cx * size + radius, y + cy * size);
        pen.arc(x + cx * size, y + cy * size, radius, 0, 7);
      }
      pen.fill();
    });
  }

  #off(pen, draw) {
    pen.save();
    pen.beginPath();
    pen.rect(this.x - 1, this.y - 1, this.size + 2, this.size + 2);
    pen.clip();
    pen.globalCompositeOperation = 'destination-out';
    draw();
    pen.restore();
  }
}
