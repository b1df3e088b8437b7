//! Inserts of many rows into one table.
//!
//! PostgreSQL takes an array for each column: one statement for any number of rows, and one of few
//! texts (whether an optional column has gaps), so that each is prepared once. SQLite takes a
//! parameter for each value, of so many rows at a time as are a power of two, for the same reason.

use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement};

/// Rows of one statement where each value is a parameter: SQLite keeps some 100 bytes for each with
/// the prepared statement.
const ROWS: usize = 64;

/// Rows for a table.
pub(crate) struct Rows<'a> {
    table: &'a str,
    columns: Vec<&'a str>,
    /// Columns of an index in which a row that is there already keeps a new one out; none: that is
    /// an error.
    unless: &'static [&'static str],
    /// Row by row.
    values: Vec<Value>,
}

impl<'a> Rows<'a> {
    /// Rows for these columns of a table; none of them yet.
    pub fn new(table: &'a str, columns: Vec<&'a str>, unless: &'static [&'static str]) -> Self {
        Self { table, columns, unless, values: Vec::new() }
    }

    /// Adds a row: a value for each column.
    pub fn add(&mut self, row: impl IntoIterator<Item = Value>) {
        self.values.extend(row);
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    /// Inserts the rows, in their order; true if none was kept out.
    pub async fn insert(self, transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        let wanted = self.len() as u64;
        let mut inserted = 0;
        for statement in self.statements(transaction.get_database_backend()) {
            inserted += transaction.execute_raw(statement).await?.rows_affected();
        }
        Ok(inserted == wanted)
    }

    fn statements(self, backend: DbBackend) -> Vec<Statement> {
        if backend == DbBackend::Postgres && self.len() > 1 {
            return vec![self.of_arrays()];
        }
        let mut statements = Vec::new();
        let (mut left, width) = (self.len(), self.columns.len());
        let [begin, end] = self.around();
        let mut values = self.values.into_iter();
        while left > 0 {
            let rows = 1 << Ord::min(left, ROWS).ilog2();
            let text = parameters(backend, rows, width);
            let sql = format!("{begin} VALUES {text}{end}");
            let some: Vec<Value> = values.by_ref().take(rows * width).collect();
            statements.push(Statement::from_sql_and_values(backend, sql, some));
            left -= rows;
        }
        statements
    }

    fn of_arrays(self) -> Statement {
        let [begin, end] = self.around();
        let rows = self.len();
        let mut columns: Vec<Vec<Value>> = Vec::new();
        columns.resize_with(self.columns.len(), || Vec::with_capacity(rows));
        for (place, value) in self.values.into_iter().enumerate() {
            let column = place % self.columns.len();
            columns[column].push(value);
        }
        let (mut names, mut selected, mut arrays) = (Vec::new(), Vec::new(), Vec::new());
        let mut values = Vec::with_capacity(columns.len());
        for (name, mut column) in self.columns.iter().zip(columns) {
            let name = format!("\"{name}\"");
            let kind = array_of(&column);
            // The driver knows no arrays with gaps. An empty text is no value where there may be
            // none.
            let gaps = column.iter_mut().filter(|value| matches!(value, Value::String(None)));
            let gaps = gaps.map(|gap| *gap = String::new().into()).count();
            selected.push(if gaps > 0 { format!("NULLIF({name}, '')") } else { name.clone() });
            names.push(name);
            arrays.push(format!("${}", arrays.len() + 1));
            values.push(Value::Array(kind, Some(Box::new(column))));
        }
        let (names, selected, arrays) = (names.join(", "), selected.join(", "), arrays.join(", "));
        let sql = format!("{begin} SELECT {selected} FROM UNNEST({arrays}) AS r ({names}){end}");
        Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
    }

    /// Returns the SQL before and after the rows.
    fn around(&self) -> [String; 2] {
        let list = |columns: &[&str]| format!("(\"{}\")", columns.join("\", \""));
        let begin = format!("INSERT INTO \"{}\" {}", self.table, list(&self.columns));
        let end = match self.unless {
            [] => String::new(),
            columns => format!(" ON CONFLICT {} DO NOTHING", list(columns)),
        };
        [begin, end]
    }
}

/// Parameters for so many rows of so many values.
fn parameters(backend: DbBackend, rows: usize, width: usize) -> String {
    if backend == DbBackend::Sqlite {
        let row = format!("({})", vec!["?"; width].join(", "));
        return vec![row; rows].join(", ");
    }
    let row = |row: usize| {
        let places = (row * width + 1)..=((row + 1) * width);
        let places: Vec<String> = places.map(|place| format!("${place}")).collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// The type of a column of values, by the first of them.
fn array_of(values: &[Value]) -> ArrayType {
    match values.first() {
        Some(Value::BigInt(_)) => ArrayType::BigInt,
        Some(Value::Bool(_)) => ArrayType::Bool,
        Some(Value::Bytes(_)) => ArrayType::Bytes,
        Some(Value::Uuid(_)) => ArrayType::Uuid,
        _ => ArrayType::String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: i64) -> Rows<'static> {
        let mut rows = Rows::new("thing", vec!["uid", "good"], &["uid"]);
        for number in 0..count {
            let good = (number % 2 == 0).then(|| "yes".to_owned());
            rows.add([number.into(), good.into()]);
        }
        rows
    }

    #[test]
    fn rows_make_few_texts_whatever_their_number() {
        let of = |count| rows(count).statements(DbBackend::Sqlite);
        let sizes = |count| {
            let values = of(count).into_iter().map(|it| it.values.map_or(0, |all| all.0.len()));
            values.collect::<Vec<_>>()
        };
        assert_eq!(sizes(1), [2]);
        assert_eq!(sizes(200), [128, 128, 128, 16]);
        assert_eq!(
            of(2)[0].sql,
            r#"INSERT INTO "thing" ("uid", "good") VALUES (?, ?), (?, ?) ON CONFLICT ("uid") DO NOTHING"#
        );
    }

    #[test]
    fn an_array_has_no_gaps() {
        let [statement] = &rows(3).statements(DbBackend::Postgres)[..] else {
            panic!("one statement")
        };
        assert_eq!(
            statement.sql,
            r#"INSERT INTO "thing" ("uid", "good") SELECT "uid", NULLIF("good", '') FROM UNNEST($1, $2) AS r ("uid", "good") ON CONFLICT ("uid") DO NOTHING"#
        );
        let values = statement.values.as_ref().unwrap();
        assert_eq!(
            values.0[1],
            Value::Array(
                ArrayType::String,
                Some(Box::new(vec!["yes".into(), "".into(), "yes".into()]))
            )
        );
    }
}
