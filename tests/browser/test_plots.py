"""The plot of a page: replaced quickly, and failing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.serving import MEASURING, at_rest, open_panel
from tests.browser.test_statistics import PLACES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DRAWN = """(title) => {
  const figures = (window.Bokeh?.documents ?? []).flatMap((each) => each.roots())
    .filter((root) => root.type === "Figure")
  return figures.length === 1 && figures[0].below[0].axis_label.startsWith(title)
}"""
"""Whether one figure is there, and is of this metric; old ones are gone from Bokeh."""


def test_plots_replaced_while_they_are_used_leave_one_that_is_the_last(
    demo_plate: Path, demo_measured: Path, serve: Callable, visit: Callable
) -> None:
    address = serve(demo_plate, measured=demo_measured)
    pages = [visit(address, width=1440, height=900) for _ in range(2)]
    metrics = ("Mean intensity, DNA", "Background, DNA", "Uneven illumination, DNA")
    for page in pages:
        expect(page.locator(".hcs-metric-select select")).to_have_value(
            "suspicion", timeout=MEASURING
        )
    for turn in range(12):
        for page in pages:
            page.locator(".hcs-metric-select select").select_option(
                label=metrics[turn % 3]
            )
            # Marks wells in the figure that is about to be replaced.
            page.locator(f'.hcs-plate-map th[data-row="{turn % 2}"]').click()
    for page in pages:
        page.wait_for_function(DRAWN, arg=metrics[11 % 3])
        expect(page.locator(".hcs-plot-failure")).to_be_hidden()


def test_a_line_that_is_dragged_in_the_plot_before_moves_no_cut_off_of_the_next(
    demo_plate: Path, demo_measured: Path, serve: Callable, visit: Callable
) -> None:
    page = visit(serve(demo_plate, measured=demo_measured), width=1440, height=900)
    select = page.locator(".hcs-metric-select select")
    expect(select).to_have_value("suspicion", timeout=MEASURING)
    select.select_option(label="Focus (power slope), DNA")
    low, figure = page.locator(".hcs-cut-low"), page.locator(".hcs-figure")
    expect(low).not_to_have_value("")
    expect(figure).to_have_attribute("aria-busy", "false")
    page.wait_for_function(PLACES)
    at_rest(page)
    x, y, to = page.evaluate(PLACES)
    before = low.input_value()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to) / 2, y, steps=4)
    expect(low).not_to_have_value(before)
    select.select_option(label="Focus (power slope), Reporter")
    # The old figure stays until the hand lets go.
    expect(figure.locator("> *")).to_have_count(2)
    after = low.input_value()
    page.mouse.move(to, y, steps=4)
    assert low.input_value() == after
    page.mouse.up()
    expect(figure).to_have_attribute("aria-busy", "false")
    expect(low).to_have_value(after)


def test_a_plot_the_browser_cannot_draw_says_so_and_can_be_tried_again(
    demo_plate: Path, demo_measured: Path, serve: Callable, visit: Callable
) -> None:
    # Nothing is measured meanwhile: a plot that follows it would be drawn anew.
    server = serve(demo_plate, "--no-measure", measured=demo_measured)
    page = visit(server, width=1440, height=900)
    select = page.locator(".hcs-metric-select select")
    expect(select).to_have_value("suspicion")
    at_rest(page)
    # A figure that is still to come would be the one that cannot be drawn.
    page.wait_for_function(DRAWN, arg="")
    expect(page.locator(".hcs-figure")).to_have_attribute("aria-busy", "false")
    page.evaluate(
        """() => {
          const { embed_item } = Bokeh.embed
          Bokeh.embed.embed_item = async () => {
            Bokeh.embed.embed_item = embed_item
            throw new Error("no room")
          }
        }"""
    )
    select.select_option(label="Background, DNA")
    failure = page.locator(".hcs-plot-failure")
    expect(failure).to_contain_text("This plot could not be drawn: no room")
    failure.get_by_role("button", name="Try again").click()
    page.wait_for_function(DRAWN, arg="Background, DNA")
    expect(failure).to_be_hidden()


def test_a_metric_that_waits_for_the_clip_level_leads_to_where_it_is_set(
    small_plate: Path, serve: Callable, visit: Callable
) -> None:
    page = visit(serve(small_plate, "--workers", "0"), width=1440, height=900)
    select = page.locator(".hcs-metric-select select")
    expect(select).to_have_value("suspicion", timeout=MEASURING)
    select.select_option(label="Saturated pixels, DNA")
    panel = page.locator(".hcs-statistics")
    expect(panel.locator(".hcs-no-values")).to_contain_text("clip level is not known")
    expect(panel).not_to_contain_text("needs 4 positive")
    open_panel(page, "statistics")
    panel.get_by_role("button", name="Set it under Channels").click()
    channels = page.locator(".hcs-setup details", has_text="Channels").first
    expect(channels).to_have_attribute("open", "")
    expect(channels.locator("summary")).to_be_focused()
