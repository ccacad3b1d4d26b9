// How fast the record turns: motor, brake, hand on the platter, push at its edge.

/** Track seconds under one tick of 1/720 turn at 33⅓ revolutions a minute. */
export const TICK_SEC = 60 / (100 / 3) / 720;
/** The platter under a hand follows it as a critically damped spring of this stiffness (1/s). */
const HAND_STIFFNESS = 200;
/**
 * A hand's turns come in bunches: a mouse tells of them once a picture, and the audio thread hears
 * once for several blocks. Each bunch is spread over the time until the next is due, and somewhat
 * longer so that a late one leaves no gap; else the record would stutter at the rate of the bunches.
 */
const SPREAD = 1.4;
const BUNCH_SEC = 0.01;
const BUNCH_LONGEST_SEC = 0.03;
/** Share of the way to the last distance between bunches that the expected one goes. */
const BUNCH_GLIDE = 0.3;
/** Motor: how the speed takes to a new tempo, and how it comes back after a hand. */
const TEMPO_SEC = 0.003;
const RELEASE_SEC = 0.045;
const BRAKE_SEC = 0.9;
/** A push at the edge: speed gained a tick, and how it dies away. */
const PUSH_PER_TICK = 0.0008;
const PUSH_SEC = 0.1;
const PUSH_MOST = 0.5;
/** What the nudge buttons add while held, reached within the time. */
const NUDGE = 0.04;
const NUDGE_SEC = 0.03;

export class Platter {
  /** Track seconds per second now, signed. */
  speed = 0;
  /** Where the motor wants the speed to be, bend and brake left out. */
  steady = 0;
  touched = false;
  braking = false;
  /** −1, 0 or 1: which nudge button is held. */
  nudge = 0;
  private motor = 1;
  private push = 0;
  private nudged = 0;
  private hand = 0;
  /** Ticks told of and not yet handed on, how many go a frame, and the frames since the last bunch. */
  private coming = 0;
  private flow = 0;
  private since = 0;
  private bunch = BUNCH_SEC;
  /** The hand is lifted once its last turns are made. */
  private leaving = false;
  private releasing = false;
  private readonly dt: number;

  constructor(sampleRate: number) {
    this.dt = 1 / sampleRate;
  }

  /** The share that pushes and nudges add to the speed now. */
  get bend(): number {
    return this.push + this.nudged;
  }

  /** True while the motor alone turns the record. */
  get free(): boolean {
    return !this.touched && !this.braking && !this.releasing;
  }

  /** Puts the record at its speed at once: a start must not be late. */
  start(): void {
    this.speed = this.steady;
    this.motor = 1;
    this.braking = this.releasing = false;
  }

  stop(): void {
    this.motor = 1;
    this.braking = this.releasing = false;
    this.push = 0;
    if (!this.touched) this.speed = 0;
  }

  touch(down: boolean): void {
    this.leaving = false;
    if (down === this.touched) return;
    // what the hand has turned is turned before it is gone: an arrow key has no other time
    if (!down && this.coming !== 0) this.leaving = true;
    else this.lay(down);
  }

  private lay(down: boolean): void {
    this.touched = down;
    this.leaving = false;
    this.hand = this.coming = 0;
    this.bunch = BUNCH_SEC;
    this.since = Infinity;
    this.push = 0;
    this.releasing = !down;
  }

  /** Ticks of the platter: under a hand they move the record, else they bend the tempo. */
  turn(ticks: number): void {
    if (!this.touched) return this.bump(ticks);
    const gap = this.since * this.dt;
    // after a rest nothing is known of how the hand will go on
    if (gap > 0 && gap < BUNCH_LONGEST_SEC) this.bunch += (gap - this.bunch) * BUNCH_GLIDE;
    this.since = 0;
    this.coming += ticks;
    this.flow = (this.coming * this.dt) / (SPREAD * this.bunch);
  }

  /** Hands a frame's share of what was told on to the spring. */
  private take(): void {
    this.since++;
    if (this.coming === 0) return;
    const ticks = Math.abs(this.flow) < Math.abs(this.coming) ? this.flow : this.coming;
    this.coming -= ticks;
    this.hand += ticks * TICK_SEC;
  }

  bump(ticks: number): void {
    this.push = Math.min(PUSH_MOST, Math.max(-PUSH_MOST, this.push + ticks * PUSH_PER_TICK));
  }

  /** Once a block. Returns true when the brake has brought the record to rest. */
  tick(blockSec: number): boolean {
    this.push *= Math.exp(-blockSec / PUSH_SEC);
    if (Math.abs(this.push) < 1e-5) this.push = 0;
    this.nudged += (this.nudge * NUDGE - this.nudged) * (1 - Math.exp(-blockSec / NUDGE_SEC));
    if (this.nudge === 0 && Math.abs(this.nudged) < 1e-5) this.nudged = 0;
    if (!this.braking) return false;
    this.motor = Math.max(0, this.motor - blockSec / BRAKE_SEC);
    return this.motor === 0;
  }

  /** One frame on: returns the way made in it, in track seconds. */
  step(): number {
    const { dt } = this;
    if (this.touched) {
      this.take();
      // exact solution of the critically damped spring over one frame
      const decay = Math.exp(-HAND_STIFFNESS * dt);
      const x = -this.hand;
      const c = this.speed + HAND_STIFFNESS * x;
      const moved = (x + c * dt) * decay;
      this.speed = (this.speed - HAND_STIFFNESS * c * dt) * decay;
      this.hand = -moved;
      if (this.leaving && this.coming === 0 && Math.abs(this.hand) < TICK_SEC / 2) this.lay(false);
      return moved - x;
    }
    const target = this.steady * (1 + this.bend) * this.motor;
    const gap = target - this.speed;
    if (this.releasing && Math.abs(gap) < 1e-3) this.releasing = false;
    this.speed += gap * (dt / (this.releasing ? RELEASE_SEC : TEMPO_SEC));
    return this.speed * dt;
  }
}
