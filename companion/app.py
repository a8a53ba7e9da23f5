"""The life of the program: opens what Praatpaal is made of, runs it, and ends it."""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from companion.activities.keeping import Keeping
from companion.activities.upcoming import Suggester
from companion.agenda_book import AgendaBook, AgendaMemory
from companion.choosing import LANGUAGE
from companion.clock import SystemClock
from companion.companion import Companion
from companion.control import Control
from companion.device import Device, Faults, Names
from companion.following import Following
from companion.habits import recent_plans
from companion.helping_book import HelpBook, HelpMemory
from companion.inviting import Inviting
from companion.journal import Journal
from companion.memory import Memory
from companion.notes import Notes
from companion.notes_book import NotesBook
from companion.occupied import when_taken
from companion.parts import Parts
from companion.people import People
from companion.ports import Clock
from companion.proposal_book import ProposalBook
from companion.settings import Settings
from companion.store import Store, StoreError, open_memory_store, open_store
from companion.systemd import ServiceManager
from companion.tastes_book import TastesBook, TastesMemory
from companion.topics.questions import own_phrases, prepare
from companion.typed import TypedDevice, TypedScreen, lines_of
from companion.understanding.callees import name_words
from companion.understanding.meaning import Understanding
from companion.visits_book import VisitsBook, VisitsMemory
from companion.wording import load_phrasebook

logger = logging.getLogger(__name__)

# Stopping takes less than 2 s.
END_WITHIN_S = 1.8
SHARE_EACH_S = 0.0002

Tell = Callable[[str], None]
Banner = Callable[[Sequence[str], bool], str]
"""Says which parts are simulated, and whether people are understood."""


@asynccontextmanager
async def open_memory(
    settings: Settings, clock: Clock, faults: Faults
) -> AsyncIterator[tuple[Memory, Store]]:
    """The journal, with a spare in memory for what a broken card refuses.

    Yields:
        The memory, and the store that also holds the people.
    """
    try:
        store = await asyncio.to_thread(
            open_store, settings.folders.journal_path(), clock.now()
        )
    except StoreError as error:
        logger.error("the journal cannot be opened: %s", error)
        faults.of("store")(True)
        store = open_memory_store()
    else:
        faults.of("store_damaged")(store.was_damaged is not None)
    memory = Memory(
        Journal(store, settings.journal.keep_words),
        Journal(open_memory_store()),
        faults.of("store"),
    )
    try:
        yield memory, store
    finally:
        await memory.close()


async def run_device(
    settings: Settings,
    banner: Banner,
    ready: Callable[[str], None],
) -> None:
    """Be a Praatpaal until SIGTERM or SIGINT.

    Args:
        settings: What was chosen.
        banner: The text that stays on the screen.
        ready: Told the address of the simulator's page (empty without one) when
            a press is answered.

    Raises:
        SimulatorError: If its port is taken.
    """
    manager = ServiceManager()
    stop = _stop_on_signals(manager.stopping)
    living = asyncio.ensure_future(_live(settings, banner, ready, manager))
    await _until(stop, living)


async def _live(
    settings: Settings,
    banner: Banner,
    ready: Callable[[str], None],
    manager: ServiceManager,
) -> None:
    """Open everything, be there without end, and close it when cancelled."""
    clock = SystemClock(settings.device.time_zone)
    faults = Faults()
    async with AsyncExitStack() as stack:
        memory, store = await stack.enter_async_context(
            open_memory(settings, clock, faults)
        )
        device = Device(settings, faults, _names_of(store))
        stack.push_async_callback(device.close)
        understanding = Understanding()
        people = People(store)
        following = Following(people, device.family)
        tastes = _tastes(store, memory)
        inviting = Inviting(people, following, device.family, clock)
        book = NotesBook(store.notes)
        companion = Companion(
            Parts(
                ears=device.ears,
                mouth=device.mouth,
                panel=device.panel,
                screen=device.screen,
                memory=memory,
                clock=clock,
                people=following.everybody,
                agenda=AgendaMemory(AgendaBook(store.agenda)),
                proposals=ProposalBook(store.proposals),
                tastes=tastes,
                helping=_helping(store, memory),
                visits=_visits(store, memory),
                following=following,
                clock_is_sure=clock.is_sure,
                open_conversation=device.open_conversation,
                switch_microphone=device.path.set_microphone,
                phone=device.family,
                line=device.family,
                inviting=inviting,
                suggester=_suggester(settings, tastes, store, memory, clock),
                notes=Notes(book, following.followers, device.family, clock),
            ),
            settings,
            load_phrasebook(LANGUAGE),
            understanding,
            banner(device.simulated, device.hears_people),
        )
        await device.open()
        faults.show_to(companion.fault)
        device.call_screen.on_dark(companion.television)
        # It leaves the processor to those who close, who are called after this.
        leaving = threading.Event()
        stack.callback(leaving.set)
        # A daemon: the end of the program does not wait for it.
        threading.Thread(
            target=_prepare,
            args=(understanding, device, leaving),
            name="preparing",
            daemon=True,
        ).start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(companion.run())
            tasks.create_task(device.watch())
            tasks.create_task(device.family.run())
            tasks.create_task(device.call_screen.run())
            social_map = Keeping(
                settings.folders.activities_path(),
                settings.activities.urls(),
                settings.activities.interval_h,
                settings.device.time_zone,
                clock,
                lambda: device.path.is_in_conversation,
            )
            tasks.create_task(social_map.run())
            control = Control(settings.folders.state_path(), inviting.handlers)
            tasks.create_task(control.run())
            tasks.create_task(manager.keep_alive(lambda: companion.is_alive))
            manager.ready()
            ready(device.simulator.url if device.simulator else "")


def _prepare(
    understanding: Understanding, device: Device, leaving: threading.Event
) -> None:
    # The event loop lets go of the interpreter at each call into a library, of which
    # the echo canceller makes hundreds a second, and gets it back after this
    # interval. With Python's own 5 ms it could not keep up with the sound meanwhile.
    sys.setswitchinterval(SHARE_EACH_S)
    prepare(understanding, leaving.is_set)
    if not leaving.is_set():
        device.expect(own_phrases())


async def run_typed(
    settings: Settings, lines: TextIO, write: Tell, unknown: str
) -> None:
    """Be a Praatpaal on a keyboard until the input ends.

    Args:
        settings: What was chosen.
        lines: What is typed, or a script.
        write: Prints a line.
        unknown: Said about a slash word that is no button, with {word}.
    """
    clock = SystemClock(settings.device.time_zone)
    faults = Faults()
    typed = TypedDevice(write, unknown)
    async with open_memory(settings, clock, faults) as (memory, store):
        following = Following(People(store))
        tastes = _tastes(store, memory)
        companion = Companion(
            Parts(
                ears=typed,
                mouth=typed,
                panel=typed,
                screen=TypedScreen(typed),
                memory=memory,
                clock=clock,
                people=following.everybody,
                agenda=AgendaMemory(AgendaBook(store.agenda)),
                proposals=ProposalBook(store.proposals),
                tastes=tastes,
                helping=_helping(store, memory),
                visits=_visits(store, memory),
                following=following,
                open_conversation=typed.converse,
                suggester=_suggester(settings, tastes, store, memory, clock),
            ),
            settings,
            load_phrasebook(LANGUAGE),
            Understanding(),
        )
        faults.show_to(companion.fault)
        running = asyncio.ensure_future(companion.run())
        reading = asyncio.ensure_future(typed.read(lines_of(lines)))
        await _until(reading, running)


def _visits(store: Store, memory: Memory) -> VisitsMemory:
    visits = VisitsMemory(VisitsBook(store.visits, AgendaBook(store.agenda)))
    memory.on_forget(visits.forget)
    return visits


def _tastes(store: Store, memory: Memory) -> TastesMemory:
    tastes = TastesMemory(TastesBook(store.tastes))
    memory.on_forget(tastes.forget)
    return tastes


def _suggester(
    settings: Settings,
    tastes: TastesMemory,
    store: Store,
    memory: Memory,
    clock: Clock,
) -> Suggester:
    agenda = AgendaMemory(AgendaBook(store.agenda))
    return Suggester(
        settings.folders.activities_path(),
        tastes,
        clock,
        settings.person.whereabouts(),
        partial(when_taken, agenda, memory),
        partial(recent_plans, memory),
    )


def _helping(store: Store, memory: Memory) -> HelpMemory:
    helping = HelpMemory(HelpBook(store.helps))
    memory.on_forget(helping.forget)
    return helping


def _names_of(store: Store) -> Names:
    people = People(store)

    def list_names() -> Sequence[str] | None:
        try:
            return [word for person in people.all() for word in name_words(person)]
        except StoreError:
            return None

    return list_names


def _stop_on_signals(tell: Callable[[], None]) -> asyncio.Future[None]:
    """Resolved at the first SIGTERM or SIGINT, of which is told at once."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def on_signal() -> None:
        if not stop.done():
            stop.set_result(None)
            tell()
            last_resort = threading.Timer(END_WITHIN_S, _end_now)
            last_resort.daemon = True
            last_resort.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    return stop


def _end_now() -> None:
    """End, whatever thread still works: Python would wait for it.

    Nothing is lost: what was told is on disk since it was told.
    """
    logger.warning("a thread does not end in time and is left behind")
    try:
        for children in Path("/proc/self/task").glob("*/children"):
            for child in children.read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
    finally:
        os._exit(0)


async def _until(end: asyncio.Future[None], work: asyncio.Future[None]) -> None:
    """Work until the end comes; whichever of them fails raises its error."""
    both = (work, end)
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)
    for one in both:
        if not one.cancelled():
            one.result()
