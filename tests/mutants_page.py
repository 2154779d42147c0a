"""Faults of one line in the analysis and its page, and the test that must notice each; tried by `tests.mutants`."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A fault: `old` stands once in `file`, and becomes `new`; `test` (file::function[case]) fails then.

    file : within sim/, or a path from the root of the program.
    """

    name: str
    file: str
    old: str
    new: str
    test: str

    @property
    def path(self) -> str:
        return self.file if "/" in self.file else f"sim/{self.file}"


ON_THE_PAGE = (
    Mutant("page: p values as if each run were alone", "analysis/compare.py",
           "return tuple(replace(each, p=p) for each, p in zip(there, adjusted, strict=True))",
           "return tuple(replace(each, p=each.p) for each, p in zip(there, adjusted, strict=True))",
           "test_analysis.py::test_p_values_are_adjusted_by_holm"),
    Mutant("page: an interval of n degrees of freedom", "analysis/intervals.py",
           "None if len(here) < LEAST else t_value(len(here) - 1) * spread)",
           "None if len(here) < LEAST else t_value(len(here)) * spread)",
           "test_analysis.py::test_a_mean_has_students_interval"),
    Mutant("page: a quantile one rank too low", "analysis/intervals.py",
           "if bdtr(rank - 1, n, share) <= error", "if bdtr(rank, n, share) <= error",
           "test_statistics.py::test_a_quantile_lies_between_the_order_statistics_of_the_tables"),
    Mutant("page: too small a sample bounded by its largest value", "analysis/tidy.py",
           "yield np.inf if found.high is None else found.high", "yield np.nanmax(values)",
           "test_statistics.py::test_quantiles_of_a_tidy_table_lie_between_order_statistics"),
    Mutant("page: text is markup", "analysis/page_parts.py",
           "autoescape=True", "autoescape=False",
           "test_analysis.py::test_a_hostile_title_is_shown_as_text"),
    Mutant("page: the option brings least", "analysis/brief.py",
           "option = max(others", "option = min(others",
           "test_brief.py::test_the_option_is_what_brings_most_beside_the_first"),
    Mutant("page: an effect that ended counts", "analysis/brief.py",
           "0 if len(apart) == 0 else int(apart[-1]) + 1", "0 if len(apart) == 0 else int(apart[0]) + 1",
           "test_brief.py::test_the_date_of_effect_is_the_first_from_which_on_all_that_came_differs"),
    Mutant("page: what left the way counts twice", "analysis/waterfall.py",
           "before - now - sum(left.values())", "before - now",
           "test_brief.py::test_what_left_the_way_stands_before_the_milestone_that_it_did_not_reach"),
    Mutant("page: the best grade in place of the lowest", "analysis/grades.py",
           "return max((grade", "return min((grade",
           "test_brief.py::test_the_lowest_grade_is_shown"),
    Mutant("page: a result of another world by its name", "analysis/levers_kept.py",
           'if run.mark == subject["mark"]', 'if run.name == subject["run"]',
           "test_beside.py::test_of_other_settings_it_is_named_where_it_may_be_meant_and_never_shown"),
    Mutant("page: what is no longer clear is reversed", "analysis/reversals.py",
           "REVERSES if -was in ends", "REVERSES if 0 in ends",
           "test_reversals.py::test_what_is_found_of_an_assumption"),
    Mutant("page: 0 is passed beyond an end", "analysis/reversals.py",
           "at_a / (at_a - at_b)", "at_a / (at_a + at_b)",
           "test_reversals.py::test_the_difference_passes_nought_on_a_line_between_the_ends"),
    Mutant("page: reversals of other settings", "analysis/reversals_told.py",
           "or found.marks != tuple(marks[name] for name in names)", "",
           "test_reversals.py::test_what_was_found_of_other_settings_is_not_shown"),
)  # fmt: skip
