"""Very many records are spread over parts, and few of them are in memory at a time."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from pydantic import BaseModel

from pipeline.datadir import parted
from pipeline.datadir.parted import Parted
from pipeline.errors import DamagedFileError

IDS = [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(200)]


class Values(BaseModel):
    values: dict[str, int]


def spread(records: dict[str, int], count: int, reads: list[int], names: tuple[str, ...] = ()) -> Parted[int]:
    def read(index: int) -> dict[str, int]:
        reads.append(index)
        return {key: value for key, value in records.items() if parted.part_of(key, count) == index}

    return Parted(count, read, len(records), names)


def test_a_part_is_the_remainder_of_the_id_so_that_shards_are_whole_in_it() -> None:
    for count in (1, 2, 8, 512):
        assert [parted.part_of(each, count) for each in IDS] == [uuid.UUID(each).int % count for each in IDS]


def test_whoever_asks_part_by_part_reads_each_part_once() -> None:
    reads: list[int] = []
    records = spread(dict.fromkeys(IDS, 1), 8, reads)
    assert sum(records[key] for part in parted.in_parts(records) for key in part) == len(IDS)
    assert reads == list(range(8))


def test_an_id_of_somebody_else_is_in_no_part() -> None:
    records = spread(dict.fromkeys(IDS, 1), 8, [])
    assert "somebody's" not in records
    assert records.get("", 0) == 0
    assert (len(records), set(records)) == (len(IDS), set(IDS))


def test_parts_of_equal_names_are_known_to_be_equal_without_being_read() -> None:
    reads: list[int] = []
    one = spread(dict.fromkeys(IDS, 1), 4, reads, ("a", "b", "c", "d"))
    other = spread(dict.fromkeys(IDS, 2), 4, [], ("a", "x", "c", "y"))
    assert [set(part) for part in parted.differing(one, other)] == [set(one.part(1)), set(one.part(3))]
    assert reads == [1, 3]
    assert [set(part) for part in parted.common(one, other)] == [set(one.part(0)), set(one.part(2))]
    assert [set(part) for part in parted.differing({"a": 1}, one)] == [{"a"}]


@pytest.mark.parametrize("count", [1, 4, 32])
def test_each_record_has_its_turn_and_parts_whose_turn_it_is_not_are_not_read(count: int) -> None:
    for turn in range(8):
        reads: list[int] = []
        records = spread(dict.fromkeys(IDS, 1), count, reads, tuple(map(str, range(count))))
        found = {key for part in parted.common(records, records, turn, 8) for key in part}
        assert found >= {key for key in IDS if parted.part_of(key, 8) == turn}
        assert len(reads) == max(1, count // 8)


def test_records_that_are_taken_out_are_counted_out() -> None:
    records = parted.without(spread(dict.fromkeys(IDS, 1), 4, []), {IDS[0], IDS[1], "not there"})
    assert (len(records), set(records)) == (len(IDS) - 2, set(IDS[2:]))


def test_a_part_is_written_once_and_again_only_when_it_is_damaged(tmp_path: Path) -> None:
    content = Values(values={"a": 1}).model_dump_json().encode()
    name = parted.write_part(tmp_path, content)
    written = (tmp_path / name).stat()
    assert parted.write_part(tmp_path, content) == name
    assert (tmp_path / name).stat().st_ino == written.st_ino
    (tmp_path / name).write_bytes(b"noise" * 40)
    assert not parted.are_whole(tmp_path, [name])
    assert parted.write_part(tmp_path, content) == name
    assert parted.are_whole(tmp_path, [name])
    assert parted.read_part(tmp_path / name, Values).values == {"a": 1}


def test_a_part_that_is_gone_counts_as_damaged(tmp_path: Path) -> None:
    with pytest.raises(DamagedFileError):
        parted.read_part(tmp_path / "gone.json", Values)
    assert not parted.are_whole(tmp_path, ["gone.json"])


def test_powers_of_two_seldom_change() -> None:
    assert [parted.power_of_two(count, 10) for count in (0, 1, 10, 11, 20, 21, 80)] == [1, 1, 1, 2, 2, 4, 8]
