// What is shown follows the state: each binding reads one value a frame and touches the page only
// when that value changed.

export class Live {
  private readonly bindings: (() => void)[] = [];

  /** Calls `show` now and whenever what `read` returns changes. */
  bind<Value extends string | number | boolean | object | null | undefined>(
    read: () => Value,
    show: (value: Value) => void,
  ): void {
    let last = read();
    show(last);
    this.bindings.push(() => {
      const value = read();
      if (Object.is(value, last)) return;
      last = value;
      show(value);
    });
  }

  /** Keeps an element's text; a number too long for its place never moves its neighbours. */
  text(element: Element, read: () => string): void {
    this.bind(read, (value) => {
      element.textContent = value;
    });
  }

  /** Keeps a class on an element. */
  toggle(element: Element, name: string, read: () => boolean): void {
    this.bind(read, (on) => {
      element.classList.toggle(name, on);
    });
  }

  /** Brings everything up to the state. */
  run(): void {
    for (const binding of this.bindings) binding();
  }
}
