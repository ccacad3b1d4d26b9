// One tab makes the sound. Who holds the lock plays; another tab may take it.

const LOCK = "segue-decks-sound";

export class Ownership {
  private letGo: (() => void) | null = null;

  get held(): boolean {
    return this.letGo !== null;
  }

  /** Takes the lock if it is free, or from whoever holds it; `lost` is called when it is taken from us. */
  async take(steal: boolean, lost: () => void): Promise<boolean> {
    if (this.held || !navigator.locks) return true;
    return new Promise((resolve) => {
      const options = steal ? { steal: true } : { ifAvailable: true };
      navigator.locks
        .request(LOCK, options, (lock) => {
          if (!lock) return resolve(false);
          resolve(true);
          return new Promise<void>((done) => (this.letGo = done));
        })
        .catch(() => {
          this.letGo = null;
          lost();
        });
    });
  }
}
