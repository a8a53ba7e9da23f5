"""Each rings the other at the same moment, through a real hub: they become one call."""

import asyncio
from pathlib import Path

import pytest

from calls.call import Caller, CallState
from calls.call_messages import Accepted, Ended, Reason, Ring
from calls.hub.signalling import signalling
from calls.video.phone import VideoPhone
from calls.wire import new_id
from tests.calls.hub.callers import device_of, page_of
from tests.calls.hub.peers import running_hub
from tests.calls.hub.test_calling import family
from tests.calls.video.far_end import PaperLine, until


@pytest.mark.parametrize("first", ["device", "page"])
async def test_both_call_and_are_connected(tmp_path: Path, first: str) -> None:
    async with running_hub(tmp_path, groups=[signalling()]) as place:
        home = await place.home()
        async with (
            family(place, home) as (anna, member),
            device_of(home) as device,
            page_of(anna) as page,
        ):
            phone = VideoPhone(
                device.client, PaperLine().open, camera=None, show=lambda _: None
            )
            await phone.open()
            theirs = Ring(new_id(), new_id(), member, page.id, "", 30)
            if first == "page":
                page.link.send(theirs)
                await device.inbox.get(Ring)
            call = phone.call(Caller(member, "Anna"), 30, camera=False)
            if first == "device":
                page.link.send(theirs)
                await device.inbox.get(Ring)

            # As the page does (phone.js): who is called while calling answers.
            ours = await page.inbox.get(Ring)
            assert ours.call != theirs.call
            taken_back = Ended(new_id(), theirs.call, member, page.id, Reason.HUNG_UP)
            page.link.send(taken_back)
            page.link.send(Accepted(new_id(), ours.call, member, page.id))
            await until(lambda: call.now.state is CallState.CONNECTING)
            # Nobody heard that the other one is in a call.
            await asyncio.gather(call.end(Reason.HUNG_UP), page.inbox.get(Ended))
            reasons = {
                each.reason for each in page.inbox.all if isinstance(each, Ended)
            }
            assert Reason.BUSY not in reasons
            await phone.close()
