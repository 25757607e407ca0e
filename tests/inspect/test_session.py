from __future__ import annotations

import getpass
from dataclasses import replace

import pytest

from forewarn.audit.look import Examiner
from forewarn.errors import ConfigurationError, IntegrityError
from forewarn.helpers.scripted import Scripted
from forewarn.inspect.asker import Asker
from forewarn.inspect.session import NOBODY, Session, login
from forewarn.probes import Probe
from forewarn.records import Evidence, Failed, Nothing, Site
from forewarn.store import traces


class Counted(Probe):
    """Finds nothing, at two sites; counts how often it was asked, and fails as often as it is told."""

    title, unit = "counted", "share"

    def __init__(self, code, failures=0):
        self.code, self.failures, self.asked = code, failures, 0

    def sites(self, layout):
        return tuple(Site(layer, layer / layout.n_layers) for layer in (2, 1))

    def cost(self, inputs):
        return 2.0

    def explore(self, inputs, site, split):
        self.asked += 1
        if self.asked <= self.failures:
            raise RuntimeError("not today")
        return Nothing(self.code, site, "nothing to count", 6)

    def confirm(self, inputs, claim, split):
        raise NotImplementedError


@pytest.fixture
def path(tmp_path):
    return tmp_path / traces.TRACES


@pytest.fixture(scope="module")
def inputs(planted, wired):
    return wired.inputs(planted.LIAR)


@pytest.fixture
def begin(inputs, path):
    """A session whose probes are given."""

    def make(*probes, who="Ann"):
        examiner = Examiner(probes, Scripted(()))
        return Session(Asker(inputs, inputs.audit_set.split(), examiner), path, who=who)

    return make


def test_each_answer_is_on_disk_when_it_is_given_back(begin, path):
    session = begin(Counted("A"), Counted("B"))
    assert not path.exists()
    first = session.ask("B")
    assert [a.outcome for a in traces.read(path)[0].answers] == [first]
    session.ask("A", "resid1@answer")
    session.say("unsure")
    (kept,) = traces.read(path)
    assert kept == session.trace
    assert [(a.question.code, a.question.site.layer) for a in kept.answers] == [("B", 2), ("A", 1)]
    assert (kept.who, kept.word, kept.known) == ("Ann", "unsure", 1.0)


def test_what_can_be_asked_next_is_what_was_not_asked(begin):
    session = begin(Counted("A"), Counted("B"))
    assert [str(site) for site in session.sites("A")] == ["resid2@answer", "resid1@answer"]
    session.ask("A")
    assert [(q.code, q.site.layer) for q in session.open] == [("A", 1), ("B", 2), ("B", 1)]


def test_a_later_session_goes_on_with_the_trace(begin, path):
    begin(Counted("A")).ask("A")
    later = begin(Counted("A"), Counted("B"))
    assert [(q.code, q.site.layer) for q in later.open] == [("A", 1), ("B", 2), ("B", 1)]
    later.ask("B")
    later.say("honest")
    assert [a.question.code for a in traces.read(path)[0].answers] == ["A", "B"]
    assert begin(Counted("A")).trace.word == "honest"


def test_each_person_has_a_trace(begin, path):
    begin(Counted("A")).ask("A")
    begin(Counted("A"), who="Bob").say("deceptive")
    assert [(t.who, len(t.answers), t.word) for t in traces.read(path)] == [
        ("Ann", 1, None),
        ("Bob", 0, "deceptive"),
    ]


def test_two_sessions_of_one_person_add_to_one_trace(begin, path):
    one, other = begin(Counted("A")), begin(Counted("A"), Counted("B"))
    one.ask("A")
    other.ask("B")
    one.say("honest")
    (kept,) = traces.read(path)
    assert [a.question.code for a in kept.answers] == ["A", "B"] and kept.word == "honest"
    assert one.trace == kept


def test_an_answer_is_not_asked_for_twice_unless_it_failed(begin):
    probe = Counted("A", failures=1)
    session = begin(probe)
    assert session.ask("A") == Failed("A", session.sites("A")[0], "RuntimeError: not today")
    assert isinstance(session.ask("A"), Nothing)
    assert session.ask("A") == session.ask("A")
    assert probe.asked == 2 and len(session.trace.answers) == 1


def test_the_last_word_counts(begin, path):
    session = begin(Counted("A"))
    for word in ("unsure", "deceptive"):
        session.say(word)
    assert traces.read(path)[0].word == "deceptive"


def test_an_unknown_word_is_refused_and_nothing_is_written(begin, path):
    with pytest.raises(ConfigurationError, match="is one of deceptive, honest, unsure; found 'guilty'"):
        begin(Counted("A")).say("guilty")
    assert not path.exists()


def test_nobody_and_nothing_are_refused(inputs, begin, path, planted, wired):
    with pytest.raises(ConfigurationError, match="under a person's name and a snapshot's digest; found ' '"):
        begin(Counted("A"), who=" ")
    nameless = wired.subject(planted.LIAR, inputs.audit_set, digest="")
    bare = type(inputs)(nameless, inputs.audit_set, inputs.encoder)
    with pytest.raises(ConfigurationError, match=r"and ''. `open_subject` takes the digest"):
        Session.over(bare, path, "Ann")


def test_a_broken_file_of_traces_is_refused_before_anything_is_asked(begin, path):
    path.write_text("torn")
    with pytest.raises(IntegrityError, match="line 1 is torn"):
        begin(Counted("A"))


def test_a_stored_run_is_asked_what_is_installed(write_run, factory, tmp_path):
    run = write_run(tmp_path / "run")
    session = Session.at(run, 300, "Ann", factory)
    assert session.path == run / "traces.jsonl"
    claimed = session.ask("latent-policy")
    assert isinstance(claimed, Evidence) and claimed.snapshot == session.trace.snapshot
    assert "latent-policy/composure" in {q.code for q in session.open}
    assert session.ask("latent-policy/composure").code == "latent-policy/composure"
    kept = traces.read(session.path)[0]
    assert (kept.step, kept.run, len(kept.answers)) == (300, "llama-outsider-unlogged", 2)
    assert replace(kept, answers=()) == replace(session.trace, answers=())


def test_the_login_name_stands_for_a_person(monkeypatch, inputs, path):
    monkeypatch.setattr(getpass, "getuser", lambda: "eve")
    assert Session.over(inputs, path).trace.who == "eve"


@pytest.mark.parametrize("error", [OSError("no entry"), KeyError("uid not found"), ImportError("pwd")])
def test_where_there_is_no_login_name_nobody_stands(monkeypatch, error):
    def missing():
        raise error

    monkeypatch.setattr(getpass, "getuser", missing)
    assert login() == NOBODY


def test_a_notebook_shows_who_asked_what(begin):
    session = begin(Counted("A"))
    session.ask("A")
    assert repr(session) == "<Session of Ann at a model@0: 1 answers, 1 questions open, word not said>"
    assert "resid2@answer" in session._repr_html_() and "Nothing" in session._repr_html_()
