//! What the steps of a command came to: a table at the end, and one line that says it all.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::{interrupt, process};

/// How many tests a step ran, and how many of them failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

struct Step {
    name: &'static str,
    took: Duration,
    count: Count,
    error: Option<String>,
}

/// The steps so far.
#[derive(Default)]
pub(crate) struct Report(Vec<Step>);

impl Report {
    /// Runs a step. A failure does not stop the next one, so that one run shows all that is wrong; a signal does.
    pub(crate) fn step(
        &mut self,
        name: &'static str,
        act: impl FnOnce(&mut Count) -> Result<()>,
    ) -> Result<bool> {
        process::announce(name);
        let start = Instant::now();
        let mut count = Count::default();
        let error = act(&mut count).err().map(|error| format!("{error:#}"));
        if interrupt::is_interrupted() {
            bail!("stopped");
        }
        if let Some(error) = &error {
            eprintln!("\x1b[31mfailed:\x1b[0m {error}");
            // A step that fails as a whole, when the code does not compile for example, is one failure.
            count.failed = count.failed.max(1);
        }
        let succeeded = error.is_none();
        self.0.push(Step {
            name,
            took: start.elapsed(),
            count,
            error,
        });
        Ok(succeeded)
    }

    /// Prints the table; an error when a step failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n{self}");
        let failed: Vec<&str> = self
            .0
            .iter()
            .filter(|step| step.error.is_some())
            .map(|step| step.name)
            .collect();
        ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
        Ok(())
    }

    /// The same, with the sum of the tests as the last line.
    pub(crate) fn finish_with_sum(self) -> Result<()> {
        let sum = self.sum();
        let finished = self.finish();
        println!("{} passed, {} failed", sum.passed, sum.failed);
        finished
    }

    fn sum(&self) -> Count {
        let mut sum = Count::default();
        for step in &self.0 {
            sum += step.count;
        }
        sum
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = self.0.iter().map(|step| step.name.len()).max().unwrap_or(0);
        for step in &self.0 {
            let outcome = if step.error.is_some() { "failed" } else { "ok" };
            write!(
                f,
                "{:width$}  {outcome:6}  {:>6.1} s",
                step.name,
                step.took.as_secs_f64()
            )?;
            if step.count != Count::default() {
                write!(
                    f,
                    "  {} passed, {} failed",
                    step.count.passed, step.count.failed
                )?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// What a line of cargo's test output adds: `test result: ok. 12 passed; 0 failed; …`.
pub(crate) fn count_in(line: &str) -> Option<Count> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        numbers
            .split("; ")
            .find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
    };
    Some(Count {
        passed: number("passed")?,
        failed: number("failed")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_of_cargo_is_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.02s";
        assert_eq!(
            count_in(line),
            Some(Count {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(count_in("test store::a_test ... ok"), None);
    }

    #[test]
    fn a_step_that_fails_as_a_whole_counts_as_one_failure() -> Result<()> {
        let mut report = Report::default();
        report.step("compiles", |count| {
            count.passed = 4;
            Ok(())
        })?;
        report.step("does not", |_| bail!("no such crate"))?;
        assert_eq!(
            report.sum(),
            Count {
                passed: 4,
                failed: 1
            }
        );
        assert!(report.finish().is_err());
        Ok(())
    }
}
