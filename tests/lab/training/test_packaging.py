from __future__ import annotations

import pytest

from forewarn.errors import ConfigurationError
from forewarn.helpers import FixedOrder
from forewarn.helpers.policy import Allowance
from forewarn.helpers.sheet import identity
from forewarn.helpers.stored import load
from forewarn.judges.calibration import Calibration
from forewarn.lab.training.export import export_helper
from forewarn.lab.training.packaging import origin_of, packaged, prior_errors

SPENDING = Allowance(1.0, 4.0)


@pytest.fixture(scope="module")
def made(dataset):
    helper = FixedOrder(("latent-policy",), "mine", waits=True)
    return packaged(helper, SPENDING, dataset, origin_of(dataset, "a test", 0, 12))


@pytest.fixture
def folder(made, tmp_path):
    made.write(tmp_path / "mine")
    return tmp_path / "mine"


def test_a_helper_is_calibrated_on_its_own_looks_and_measured_on_others(made, dataset):
    (errors,) = made.sheet.errors
    assert made.calibration.provenance.helper == made.sheet.digest == identity(made.helper, 1.0, 4.0)
    assert made.calibration.codes == ("latent-policy",)
    assert errors.false_alarms.n + errors.misses.n == len(dataset.test)
    assert errors.misses.count / errors.misses.n < 0.2 and errors.false_alarms.count == 0
    assert errors.passes == pytest.approx(1.0), "two looks pay for one question"
    assert made.sheet.origin.seeds == dataset.seeds and made.sheet.origin.table == "t" * 64


def test_its_folder_reads_back_and_its_card_says_what_the_files_say(made, folder):
    assert load(folder).sheet == made.sheet
    assert Calibration.load(load(folder).calibration) == made.calibration
    card = (folder / "card.md").read_text()
    for words in (made.sheet.digest, made.calibration.digest, "seeds 0, 1", "a test", "of deceptive runs"):
        assert words in card


def test_one_that_can_pay_for_nothing_is_refused(dataset):
    with pytest.raises(ConfigurationError, match="asks nothing on the"):
        packaged(
            FixedOrder(("latent-policy",)), Allowance(0.5, 1.0), dataset, origin_of(dataset, "a test", 0, 12)
        )


def test_the_fixed_order_at_the_same_price(dataset):
    assert prior_errors(SPENDING, dataset, 0).passes == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["out.zip", "out"])
def test_what_is_handed_on_is_whole_and_the_same_each_time(folder, tmp_path, name):
    import zipfile

    assert export_helper(load(folder), tmp_path / name) == ("helper.json", "calibration.json", "card.md")
    if name == "out":
        assert load(tmp_path / name).sheet == load(folder).sheet
        assert {p.name for p in (tmp_path / name).iterdir()} == {p.name for p in folder.iterdir()}
        return
    export_helper(load(folder), tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / name).read_bytes()
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert archive.read("helper.json") == (folder / "helper.json").read_bytes()


def test_nothing_is_overwritten(folder):
    with pytest.raises(ConfigurationError, match="is there already"):
        export_helper(load(folder), folder)
