import studies
from mxpath.report.index import render_index

ACCURACY = {
    "hops": {"compared": 88, "wrong": 0},
    "as_paths": {"compared": 14, "wrong": 1},
    "mx": {"compared": 9, "wrong": 0},
    "smtp": {"compared": 0, "wrong": 0},
    "crossings": {"true_positive": 6, "false_positive": 0, "false_negative": 2},
    "rtt_error_ms": {"median": 0.125, "p95": None},
    "segments": {"given": 20, "contain_truth": 19, "refused": 3, "refused_rightly": 2},
    "flows_per_trace_max": 1,
    "syns_at_target_max": 3,
    "player": "kernel",
    "wire": "c",
}


def test_each_domain_has_a_card_that_leads_to_its_report() -> None:
    found = [studies.judged(make()) for make in (studies.fine, studies.slow, studies.null_mx)]
    text = render_index(found, None, title="A small world")
    for study in found:
        assert f'href="{study.domain}.html"' in text
    assert "banner_delay" in text
    assert "4,001 ms" in text
    assert "not deliverable" in text
    assert "Nordmail → Alpha Transit → BigMail" in text
    assert "How far this can be trusted" not in text


def test_accuracy_is_told_in_plain_words_and_mistakes_are_not_hidden() -> None:
    text = render_index([studies.judged(studies.fine())], ACCURACY, title="x")
    assert "88 of 88 right" in text
    assert '<span class="bad-word">13 of 14 right' in text
    assert '<span class="bad-word">6 found, 0 invented, 2 missed' in text
    assert text.count("nothing to compare") == 2
    assert '<span class="good-word">19 of 20 intervals hold the truth; 3 refused, 2' in text
    assert "at most 1" in text
    assert "at most 3" in text
    assert "over a wire in C" in text


def test_a_half_empty_document_does_no_harm() -> None:
    text = render_index([], {"hops": "?", "player": "memory"}, title="x")
    assert "No domain was studied." in text


def test_strangers_text_never_acts() -> None:
    text = render_index([studies.judged(studies.hostile())], None, title="<b>\x1b")
    assert "<script" not in text
    assert "<b>\u241b" not in text
    assert "&lt;b&gt;␛" in text
