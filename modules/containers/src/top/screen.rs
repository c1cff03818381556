//! The rows as a table.

use super::sample::{Memory, Row};

/// How much a terminal shows.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub columns: usize,
    pub lines: usize,
}

impl Size {
    /// That of standard output; `None` where it does not say.
    pub fn of_terminal() -> Option<Size> {
        let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
        let (columns, lines) = (usize::from(size.ws_col), usize::from(size.ws_row));
        (columns > 0 && lines > 0).then_some(Size { columns, lines })
    }
}

const TITLES: [&str; 10] =
    ["NAME", "IMAGE", "STATE", "HEALTH", "RESTARTS", "CPU", "MEMORY", "PORTS", "NETWORKS", "AGE"];

/// Those whose numbers end in one column.
const TO_THE_RIGHT: [usize; 4] = [4, 5, 6, 9];

/// Those that a narrow terminal shortens, as far as this: names, images, ports, networks.
const ELASTIC: [usize; 4] = [0, 1, 7, 8];
const SHORTEST: usize = 12;

/// A line of titles, and one for each row. `now` is in seconds since 1970. On a terminal lines are cut at its edge, and
/// what does not fit below is counted.
pub fn table(rows: &[Row], now: i64, size: Option<Size>) -> String {
    let cells: Vec<[String; 10]> =
        std::iter::once(TITLES.map(str::to_owned)).chain(rows.iter().map(|row| cells(row, now))).collect();
    let mut widths = [0; 10];
    for line in &cells {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    if let Some(size) = size {
        narrow(&mut widths, size.columns);
    }
    let line = |cells: &[String; 10]| {
        let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            let cell = shortened(cell, width);
            if TO_THE_RIGHT.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:width$}") }
        });
        let line = padded.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        match size {
            Some(size) => line.chars().take(size.columns).collect(),
            None => line.to_owned(),
        }
    };
    let mut lines: Vec<String> = cells.iter().map(line).collect();
    if let Some(size) = size
        && lines.len() >= size.lines
    {
        // The last line is the cursor's.
        let shown = size.lines.saturating_sub(2).max(1);
        let hidden = lines.len() - shown;
        lines.truncate(shown);
        lines.push(format!("… and {hidden} more"));
    }
    lines.join("\n") + "\n"
}

/// Takes from the widest of the elastic columns until a line fits.
fn narrow(widths: &mut [usize; 10], columns: usize) {
    while widths.iter().sum::<usize>() + 2 * (widths.len() - 1) > columns {
        let widest = ELASTIC.into_iter().max_by_key(|column| widths[*column]).unwrap_or(0);
        if widths[widest] <= SHORTEST {
            return;
        }
        widths[widest] -= 1;
    }
}

fn shortened(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    cell.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

fn cells(row: &Row, now: i64) -> [String; 10] {
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [
        row.name.clone(),
        row.image.clone(),
        row.state.clone(),
        or_dash(row.health.clone()),
        row.restarts.to_string(),
        or_dash(row.cpu.map(|percent| format!("{percent:.1}%")).unwrap_or_default()),
        or_dash(row.memory.map(memory).unwrap_or_default()),
        or_dash(row.ports.join(",")),
        or_dash(row.networks.join(",")),
        age(now.saturating_sub(row.created)),
    ]
}

fn memory(memory: Memory) -> String {
    match memory.limit {
        Some(limit) => format!("{}/{}", bytes(memory.used), bytes(limit)),
        None => bytes(memory.used),
    }
}

/// In powers of 1024, with three digits or so.
fn bytes(count: u64) -> String {
    let (mut value, mut unit) = (count as f64, "B");
    for next in ["K", "M", "G", "T"] {
        if value < 1000.0 {
            break;
        }
        (value, unit) = (value / 1024.0, next);
    }
    if value < 10.0 && unit != "B" { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}

/// The two largest units.
fn age(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m{}s", seconds % 60),
        (0, ..) => format!("{hours}h{minutes}m"),
        (1..=99, ..) => format!("{days}d{hours}h"),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let web = Row {
            name: "web".to_owned(),
            image: "nginx:1".to_owned(),
            state: "running".to_owned(),
            health: "healthy".to_owned(),
            cpu: Some(12.34),
            memory: Some(Memory { used: 5 << 20, limit: Some(1 << 30) }),
            ports: vec!["8080->80/tcp".to_owned()],
            networks: vec!["lan".to_owned()],
            created: 1000,
            ..Row::default()
        };
        vec![web, Row { name: "job".to_owned(), state: "exited 3".to_owned(), restarts: 12, ..Row::default() }]
    }

    #[test]
    fn a_table_in_a_pipe() {
        let wanted = "\
NAME  IMAGE    STATE     HEALTH   RESTARTS    CPU     MEMORY  PORTS         NETWORKS    AGE
web   nginx:1  running   healthy         0  12.3%  5.0M/1.0G  8080->80/tcp  lan       1m40s
job            exited 3  -              12      -          -  -             -         18m20s
";
        let table = table(&rows(), 1100, None);
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed(&table), squeezed(wanted));
        let width = |line: &str| line.chars().count();
        assert_eq!(table.lines().map(width).max(), table.lines().map(width).min(), "{table}");
    }

    #[test]
    fn a_small_terminal() {
        let size = Size { columns: 12, lines: 3 };
        assert_eq!(table(&rows(), 1100, Some(size)), "NAME  IMAGE \n… and 2 more\n");
        let mut rows = rows();
        rows[0].name = "a_name_that_is_much_too_long_for_a_terminal".to_owned();
        let shown = table(&rows, 1100, Some(Size { columns: 100, lines: 24 }));
        assert!(shown.contains("a_name_that…  nginx:1  running") && shown.contains("  1m40s"), "{shown}");
    }

    #[test]
    fn numbers_are_short() {
        for (count, text) in
            [(0, "0B"), (999, "999B"), (1000, "1.0K"), (1536, "1.5K"), (50 << 20, "50M"), (1 << 40, "1.0T")]
        {
            assert_eq!(bytes(count), text);
        }
        for (seconds, text) in
            [(-5, "0s"), (59, "59s"), (61, "1m1s"), (3660, "1h1m"), (90_000, "1d1h"), (86400 * 400, "400d")]
        {
            assert_eq!(age(seconds), text);
        }
    }
}
