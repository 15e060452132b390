"""Headers of the tus protocol, and the names of files that come with them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders

from dashboard.uploads.values import FileToSend, Purpose, plain_file
from dashboard.web import tus


def spelled(**pairs: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(text.encode()).decode()}"
        for key, text in pairs.items()
    )


def headers(**lines: str) -> HTTPHeaders:
    return HTTPHeaders({name.replace("_", "-"): text for name, text in lines.items()})


@given(st.dictionaries(st.sampled_from(["filename", "plate", "well", "x"]), st.text()))
def test_metadata_is_read_as_it_was_spelled(pairs: dict[str, str]) -> None:
    encodable = {
        key: text.encode(errors="ignore").decode() for key, text in pairs.items()
    }
    written = spelled(**encodable)
    if len(written) <= 8192:
        assert tus.metadata(written) == encodable


@pytest.mark.parametrize(
    "text",
    ["filename", "filename ", "a QQ==,b"],
    ids=["no value", "empty value", "one of two"],
)
def test_a_key_of_metadata_may_have_no_value(text: str) -> None:
    assert "" in tus.metadata(text).values()


@pytest.mark.parametrize(
    "text", ["filename ?", "a QQ==,a QQ==", ",", "ü QQ==", "filename /w==", "a " * 5000]
)
def test_malformed_metadata_is_refused_in_words(text: str) -> None:
    with pytest.raises(tus.TusError, match="Upload-Metadata"):
        tus.metadata(text)


@pytest.mark.parametrize("text", ["", "-1", "1e3", "٣", "9" * 30, "0x10", " 1"])
def test_a_length_must_be_a_number_of_bytes(text: str) -> None:
    with pytest.raises(tus.TusError, match="whole number"):
        tus.file_of(headers(Upload_Length=text))


def test_a_length_that_comes_later_is_not_understood() -> None:
    with pytest.raises(tus.TusError, match="Upload-Length"):
        tus.file_of(headers(Upload_Defer_Length="1"))


def test_what_a_file_is_for_is_one_of_a_list() -> None:
    assert tus.file_of(headers(Upload_Length="1")).purpose is Purpose.CORRECTION
    metadata = spelled(purpose="plate")
    plate = tus.file_of(headers(Upload_Length="1", Upload_Metadata=metadata))
    assert plate.purpose is Purpose.PLATE
    with pytest.raises(tus.TusError, match="purpose"):
        tus.file_of(headers(Upload_Length="1", Upload_Metadata=spelled(purpose="x")))


def test_other_clients_say_names_and_folders_by_a_relative_path() -> None:
    metadata = spelled(relativePath="run 2/images/B02.tif")
    file = plain_file(tus.file_of(headers(Upload_Length="1", Upload_Metadata=metadata)))
    assert (file.folder, file.name) == ("run 2/images", "B02.tif")


@given(st.text(max_size=300), st.text(max_size=300))
def test_names_and_folders_lead_nowhere(name: str, folder: str) -> None:
    file = plain_file(FileToSend(name=name, size=1, folder=folder))
    assert file.name
    assert "/" not in file.name
    assert "\\" not in file.name
    parts = file.folder.split("/") if file.folder else []
    assert not {"", ".", ".."} & set(parts)
    assert "\\" not in file.folder


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), ("wait=20", 20), ("respond-async, wait=5", 5), ("wait=999", 50)],
)
def test_a_request_says_how_long_its_answer_may_take(text: str, seconds: int) -> None:
    assert tus.seconds_to_wait(headers(Prefer=text)) == seconds
