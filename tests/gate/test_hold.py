"""Where failed rows could not be written aside, the gate blocks and says why."""

from __future__ import annotations

from assay.gate.policy import GateDecision, hold

WARNED = GateDecision(decision="warn", exit_code=0, reason="Passed with warnings: 1 check failed.")
BLOCKED = GateDecision(decision="block", exit_code=1, reason="Blocked: 1 check failed (a).")


def test_without_a_fault_nothing_changes() -> None:
    assert hold(WARNED, {}) is WARNED


def test_a_fault_blocks_what_would_have_passed() -> None:
    held = hold(WARNED, {"flights": "no space left on device", "planes": "read-only file system"})
    assert (held.decision, held.exit_code) == ("block", 1)
    assert held.reason == (
        "Blocked: the failed rows could not be written aside (of 'flights': no space left on "
        "device; of 'planes': read-only file system)."
    )


def test_what_blocked_already_keeps_its_reason() -> None:
    held = hold(BLOCKED, {"t": "file too large"})
    assert held.reason.startswith("Blocked: 1 check failed (a). Also, the failed rows could not")
    assert held.exit_code == 1
