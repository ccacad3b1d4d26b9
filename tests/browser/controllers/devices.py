"""A Web MIDI that the page can't tell from the real one, and controllers on it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Window

FLX4 = "DDJ-FLX4"
ON, OFF = 0x7F, 0x00

FAKE = """() => {
  const inputs = new Map(), outputs = new Map();
  const access = {inputs, outputs, onstatechange: null, sysexEnabled: false};
  const midi = window.__midi = {asked: 0, refuse: false, sent: {}, lamps: {}};
  midi.plug = name => {
    const sent = midi.sent[name] = [], lamps = midi.lamps[name] = {};
    inputs.set('in ' + name, {id: 'in ' + name, name, state: 'connected', onmidimessage: null});
    outputs.set('out ' + name, {id: 'out ' + name, name, state: 'connected', send: bytes => {
      sent.push(Array.from(bytes));
      lamps[bytes[0] * 128 + bytes[1]] = bytes[2];
    }});
    access.onstatechange?.({});
  };
  midi.unplug = name => {
    inputs.delete('in ' + name);
    outputs.delete('out ' + name);
    access.onstatechange?.({});
  };
  midi.play = (name, messages) => {
    const input = inputs.get('in ' + name);
    for (const bytes of messages) input.onmidimessage({data: Uint8Array.from(bytes)});
  };
  navigator.requestMIDIAccess = async () => {
    midi.asked += 1;
    if (midi.refuse) throw new DOMException('refused', 'NotAllowedError');
    return access;
  };
}"""


class Controller:
    """A device in the page: plays messages, and sees what lamps were sent."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.played: set[str] = set()

    def play(self, *messages: tuple[int, int, int]) -> None:
        self.played.update(f"{status:02X} {number:02X}" for status, number, _ in messages)
        script = "([name, messages]) => window.__midi.play(name, messages)"
        self.page.evaluate(script, [self.name, [list(message) for message in messages]])

    def press(self, status: int, number: int) -> None:
        self.play((status, number, ON), (status, number, OFF))

    def sweep(self, status: int, number: int, fine: int | None, to: int) -> None:
        """Move a fader through all its places up to ``to`` (of 127), so that it is picked up."""
        places = [*range(0, 128, 8), *range(127, to, -8), to]
        messages = [(status, number, place) for place in places]
        if fine is not None:
            pairs = [(message, (status, fine, 0)) for message in messages]
            messages = [message for pair in pairs for message in pair]
        self.play(*messages)

    def lamp(self, status: int, number: int, value: int) -> None:
        """Wait until a lamp was last told this value."""
        script = "([name, lamp, value]) => window.__midi.lamps[name][lamp] === value"
        self.page.wait_for_function(script, arg=[self.name, status * 128 + number, value])


def near(view: Window, path: str, value: float, within: float = 0.005) -> None:
    view.until(f"Math.abs(s.{path} - {value}) <= {within}")


def connect(view: Window, *names: str) -> list[Controller]:
    """Plug devices in and connect as a DJ does; the sound runs afterwards."""
    page = view.page
    for name in names:
        page.evaluate("name => window.__midi.plug(name)", name)
    page.get_by_role("button", name="MIDI controller", exact=True).click()
    assert page.evaluate("window.__midi.asked") == 0, "nothing is asked before a click"
    page.get_by_role("button", name="Connect controllers").click()
    expect(page.locator(".midi-status")).to_contain_text("connected")
    view.until("s.audio === 'running'")
    return [Controller(page, name) for name in names]
