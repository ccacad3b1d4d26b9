// The audio clock as smooth as the screen needs it: what is heard at this moment.

/** Share of the difference that one look corrects; a large difference is taken over whole. */
const GLIDE = 0.04;
const LEAP_SEC = 0.08;

export class Clock {
  private offset: number | null = null;

  /** Seconds of the audio context that are heard now. `wall` is performance.now() in seconds. */
  heard(context: AudioContext, wall: number): number {
    const latency = (context.outputLatency || 0) + (context.baseLatency || 0);
    let measured = context.currentTime - latency;
    const stamp = context.getOutputTimestamp?.();
    if (stamp?.performanceTime && stamp.contextTime) {
      const byStamp = stamp.contextTime + wall - stamp.performanceTime / 1000;
      // some systems report stamps that stand still: they are believed while they are near
      if (Math.abs(byStamp - measured) < LEAP_SEC) measured = byStamp;
    }
    const now = measured - wall;
    if (this.offset === null || Math.abs(now - this.offset) > LEAP_SEC) this.offset = now;
    else this.offset += (now - this.offset) * GLIDE;
    return wall + this.offset;
  }

  reset(): void {
    this.offset = null;
  }
}
