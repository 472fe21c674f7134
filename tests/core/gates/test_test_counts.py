"""The counts of tests are read from what test runners print."""

import pytest

from podium.gates.test_counts import TestCounts, count_tests


@pytest.mark.promise("K3.test")
@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("..F.\n==== 1 failed, 3 passed, 2 skipped in 0.12s ====\n", 3, 1),
        ("\x1b[32m.\x1b[0m\n\x1b[32m\x1b[1m1 passed\x1b[0m in 0.01s\n", 1, 0),
        ("s\n1 skipped in 0.01s\n", 0, 0),
        ("x\n1 xfailed in 0.01s\n", 0, 0),
        ("no tests ran in 0.00s\n", 0, 0),
        ("ERROR test_a.py\n1 error in 0.10s\n", 0, 1),
        ("----\nRan 3 tests in 0.001s\n\nOK\n", 3, 0),
        ("----\nRan 0 tests in 0.000s\n\nOK\n", 0, 0),
        ("----\nRan 2 tests in 0.000s\n\nOK (skipped=2)\n", 0, 0),
        ("----\nRan 4 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\n", 1, 2),
        ("----\nRan 1 test in 0.1s\n\nOK (expected failures=1)\n", 0, 0),
        (
            "Test Suites: 1 passed, 1 total\nTests:       1 failed, 2 passed, 3 total\n"
            "Snapshots:   4 passed, 4 total\n",
            2,
            1,
        ),
        (" Test Files  1 passed (1)\n      Tests  5 passed (5)\n   Duration  1s\n", 5, 0),
        (" Test Files  1 skipped (1)\n      Tests  5 skipped (5)\n", 0, 0),
        ("  2 passing (5ms)\n", 2, 0),
        ("=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tpkg\t0.1s\n", 1, 0),
        ("--- SKIP: TestA (0.00s)\nPASS\nok  \tpkg\t0.1s\n", 0, 0),
        ("ok  \tpkg\t0.1s [no tests to run]\n", 0, 0),
        (
            "test result: ok. 1 passed; 0 failed; 0 ignored\n"
            "test result: FAILED. 2 passed; 1 failed; 0 ignored\n",
            3,
            1,
        ),
    ],
)
def test_the_result_of_a_test_runner_is_read(output: str, passed: int, failed: int) -> None:
    assert count_tests(output) == TestCounts(passed, failed)


@pytest.mark.parametrize("output", ["", "ok  \tpkg\t0.1s\n", "All fine.\n"])
def test_output_without_counts_says_nothing(output: str) -> None:
    assert count_tests(output) is None
