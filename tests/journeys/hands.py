"""How somebody works a tablet: with a mouse, with a finger, or with the keyboard alone."""

from typing import Protocol

from playwright.sync_api import Locator

MOST_STOPS = 250
# An element, its label (a ticked box is drawn there) and what is drawn before and after both.
_LOOK = """element => [element, ...(element.labels ?? [])].flatMap(one =>
  [null, "::before", "::after"].map(part => {
    const style = getComputedStyle(one, part);
    const outline = style.outlineStyle === "none" ? "" : style.outline;
    return `${outline}|${style.boxShadow}`;
  })).join(";")"""
_HAS_FOCUS = "element => element === document.activeElement"
_FAR_IN = "element => document.activeElement === document.body && element.closest('main') !== null"


class Hand(Protocol):
    """What a person does with a control."""

    taps: int

    def press(self, control: Locator) -> None:
        """Press a button or a link that leads to a page."""

    def unfold(self, summary: Locator) -> None:
        """Open what is folded up."""

    def tick(self, box: Locator) -> None:
        """Tick a box or choose one of several."""

    def write(self, field: Locator, text: str) -> None:
        """Type into a field."""

    def choose(self, field: Locator, value: str) -> None:
        """Choose from a list."""


class Mouse:
    """Points and clicks, or taps with a finger."""

    def __init__(self, *, finger: bool = False) -> None:
        self.taps = 0
        self._finger = finger

    def press(self, control: Locator) -> None:
        """Click, and wait for the page it leads to."""
        with control.page.expect_navigation():
            self._click(control)

    def unfold(self, summary: Locator) -> None:
        """Click a summary."""
        self._click(summary)

    def tick(self, box: Locator) -> None:
        """Click the label of a box."""
        self._click(box.locator("xpath=following-sibling::label"))
        assert box.is_checked()

    def write(self, field: Locator, text: str) -> None:
        """Click into a field and type."""
        self._click(field)
        field.fill(text)

    def choose(self, field: Locator, value: str) -> None:
        """Choose by value."""
        self.taps += 1
        field.select_option(value)

    def _click(self, control: Locator) -> None:
        self.taps += 1
        if self._finger:
            control.tap()
        else:
            control.click()


class Keyboard:
    """Has no mouse: goes from control to control with Tab, and looks where the focus is."""

    def __init__(self) -> None:
        self.taps = 0
        self.invisible: list[str] = []  # controls that looked the same with the focus on them

    def press(self, control: Locator) -> None:
        """Go there and press Enter, and wait for the page it leads to."""
        self._go_to(control)
        with control.page.expect_navigation():
            self._key(control, "Enter")

    def unfold(self, summary: Locator) -> None:
        """Go to a summary and press Space."""
        self._go_to(summary)
        self._key(summary, "Space")

    def tick(self, box: Locator) -> None:
        """Go to a box and press Space; within a group of radios, go on with the arrows."""
        if box.get_attribute("type") == "radio":
            self._go_to_group(box)
            self._arrow_to(box, _HAS_FOCUS)
        else:
            self._go_to(box)
        if not box.is_checked():
            self._key(box, "Space")
        assert box.is_checked()

    def write(self, field: Locator, text: str) -> None:
        """Go to a field and type."""
        self._go_to(field)
        field.page.keyboard.press("Control+A")
        field.page.keyboard.type(text)
        assert field.input_value() == text

    def choose(self, field: Locator, value: str) -> None:
        """Go to a list and press the arrow until it shows the value."""
        self._go_to(field)
        self._arrow_to(field, f"element => element.value === {value!r}")

    def _key(self, control: Locator, key: str) -> None:
        self.taps += 1
        control.page.keyboard.press(key)

    def _arrow_to(self, control: Locator, arrived: str) -> None:
        element = control.element_handle()
        for _ in range(MOST_STOPS):
            if element.evaluate(arrived):
                return
            control.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {control}")

    def _go_to_group(self, radio: Locator) -> None:
        self._tab_to(radio, "element => element.name === document.activeElement?.name")

    def _go_to(self, control: Locator) -> None:
        """Press Tab until a control has the focus, and see whether that can be seen."""
        element = control.element_handle()
        if element.evaluate(_HAS_FOCUS):
            return  # the page put the focus here, as after a tap
        before = element.evaluate(_LOOK)
        if element.evaluate(_FAR_IN):
            control.page.keyboard.press("Tab")  # to the link that skips the header
            control.page.keyboard.press("Enter")
        for _ in range(2):  # a live board may be drawn anew between focus and look
            self._tab_to(control, _HAS_FOCUS)
            if control.evaluate(_LOOK) != before:
                return
        self.invisible.append(str(control))

    def _tab_to(self, control: Locator, arrived: str) -> None:
        element = control.element_handle()
        for _ in range(MOST_STOPS):
            control.page.keyboard.press("Tab")
            if element.evaluate(arrived):
                return
        raise AssertionError(f"no Tab leads to {control}")
