//! The demo shop's old database: always the same rows, with the untidiness of a database that has lived.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

/// Orders in the shop.
pub(crate) const ORDERS: u32 = 100_000;
const CUSTOMERS: u32 = 5_000;
const PRODUCTS: u32 = 800;
const REVIEWS: u32 = 8_000;

const SCHEMA: &str = "
CREATE TABLE customers (
  id      INTEGER PRIMARY KEY,
  name    VARCHAR(80) NOT NULL,
  city    VARCHAR(40) NOT NULL,
  country CHAR(2) NOT NULL,
  since   DATE NOT NULL
);
CREATE TABLE products (
  sku         VARCHAR(12) NOT NULL PRIMARY KEY,
  title       VARCHAR(80) NOT NULL,
  price_cents INTEGER NOT NULL,
  stock       INTEGER,
  active      INTEGER NOT NULL
);
CREATE TABLE orders (
  order_no    INTEGER PRIMARY KEY,
  cust_id     INTEGER NOT NULL REFERENCES customers (id),
  total_cents INTEGER NOT NULL,
  state       VARCHAR(12) NOT NULL,
  placed      DATETIME NOT NULL,
  email       VARCHAR(120),
  channel     VARCHAR(10) NOT NULL,
  legacy_flag CHAR(1),
  discount    REAL
);
CREATE TABLE payments (
  order_no     INTEGER PRIMARY KEY REFERENCES orders (order_no),
  method       VARCHAR(12) NOT NULL,
  amount_cents INTEGER NOT NULL,
  paid_at      DATETIME NOT NULL
);
CREATE TABLE shipments (
  order_no INTEGER NOT NULL REFERENCES orders (order_no),
  parcel   INTEGER NOT NULL,
  carrier  VARCHAR(20) NOT NULL,
  sent     DATE,
  PRIMARY KEY (order_no, parcel)
);
CREATE TABLE reviews (
  id       INTEGER PRIMARY KEY,
  sku      VARCHAR(12) NOT NULL REFERENCES products (sku),
  stars    SMALLINT NOT NULL,
  body     TEXT
);
";

/// Makes the database; the file must not be there.
pub(crate) fn make(path: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    // It is a copy that can be made again: speed over safety.
    connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    connection.execute_batch(SCHEMA)?;
    let transaction = connection.transaction()?;
    let mut dice = Dice(2019);
    customers(&transaction, &mut dice)?;
    products(&transaction, &mut dice)?;
    orders(&transaction, &mut dice)?;
    reviews(&transaction, &mut dice)?;
    transaction.commit()
}

/// Numbers that look random and are always the same (the splitmix64 generator).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to `end`, which is left out.
    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap_or_default()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let length = u32::try_from(from.len()).unwrap_or(1);
        from.get(self.below(length) as usize).copied().unwrap_or_default()
    }
}

const FIRST: [&str; 12] = [
    "Ada", "Björn", "Chloé", "Dmitri", "Élodie", "Farid", "Grace", "Hiroko", "Inès", "João", "Klára",
    "Łukasz",
];
const LAST: [&str; 10] =
    ["Martin", "Nguyễn", "O'Brien", "Petrov", "Quist", "Rossi", "Sørensen", "Tanaka", "Ümit", "Weiß"];

fn customers(transaction: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for id in 1..=CUSTOMERS {
        let name = format!("{} {}", dice.pick(&FIRST), dice.pick(&LAST));
        let city = dice.pick(&["Paris", "Lyon", "Lille", "Genève", "Bruxelles", "Köln"]);
        let country = dice.pick(&["FR", "BE", "CH", "DE"]);
        insert.execute(params![id, name, city, country, day(dice)])?;
    }
    Ok(())
}

fn products(transaction: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for number in 1..=PRODUCTS {
        let colour = dice.pick(&["red", "green", "blue", "grey", "striped"]);
        let thing = dice.pick(&["mug", "lamp", "scarf", "notebook", "kettle", "chair"]);
        let blank = dice.pick(&["", "", " "]);
        let stock = (dice.below(10) > 0).then(|| dice.below(300));
        insert.execute(params![
            sku(number),
            format!("{colour} {thing}{blank}"),
            199 + dice.below(40_000),
            stock,
            u32::from(dice.below(20) > 0),
        ])?;
    }
    Ok(())
}

/// Orders with their payments and parcels.
fn orders(transaction: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut order = transaction.prepare("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    let mut payment = transaction.prepare("INSERT INTO payments VALUES (?1, ?2, ?3, ?4)")?;
    let mut parcel = transaction.prepare("INSERT INTO shipments VALUES (?1, ?2, ?3, ?4)")?;
    for number in 1..=ORDERS {
        let total = 250 + dice.below(90_000);
        let state = dice.pick(&["new", "Paid ", "PAID", "shipped", " Shipped", "SHIPPED  ", "cancelled"]);
        let placed =
            format!("{} {:02}:{:02}:{:02}", day(dice), 6 + dice.below(18), dice.below(60), dice.below(60));
        let email = match dice.below(8) {
            0 => None,
            1 => Some("   ".to_owned()),
            2 => Some(format!("  Customer{number}@Example.COM ")),
            _ => Some(format!("customer{number}@example.com")),
        };
        let flag = dice.pick(&["Y", "N", ""]);
        let discount = (dice.below(4) == 0).then(|| f64::from(dice.below(30)) / 2.0);
        order.execute(params![
            number,
            1 + dice.below(CUSTOMERS),
            total,
            state,
            placed,
            email,
            dice.pick(&["web", "app", "phone"]),
            Some(flag).filter(|flag| !flag.is_empty()),
            discount,
        ])?;
        let state = state.trim().to_lowercase();
        if state == "paid" || state == "shipped" {
            payment.execute(params![number, dice.pick(&["card", "transfer", "voucher"]), total, placed])?;
        }
        if state == "shipped" {
            for box_number in 1..=1 + dice.below(3) / 2 {
                let sent = (dice.below(12) > 0).then(|| day(dice));
                parcel.execute(params![
                    number,
                    box_number,
                    dice.pick(&["Colis Bleu", "Velox", "Parcelle"]),
                    sent
                ])?;
            }
        }
    }
    Ok(())
}

fn reviews(transaction: &Transaction<'_>, dice: &mut Dice) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare("INSERT INTO reviews VALUES (?1, ?2, ?3, ?4)")?;
    for id in 1..=REVIEWS {
        let words = dice.pick(&["lovely 💙", "as described", "arrived late", "too \"small\", alas", ""]);
        let body = Some(words).filter(|words| !words.is_empty());
        insert.execute(params![id, sku(1 + dice.below(PRODUCTS)), 1 + dice.below(5), body])?;
    }
    Ok(())
}

fn sku(number: u32) -> String {
    format!("SKU-{number:05}")
}

/// A day between 2019 and 2025. Days up to the 28th and hours from 6 on: the demo's clocks never
/// stand in the hour that summer time skips or repeats.
fn day(dice: &mut Dice) -> String {
    format!("{}-{:02}-{:02}", 2019 + dice.below(7), 1 + dice.below(12), 1 + dice.below(28))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shop_is_always_the_same_and_as_untidy_as_promised() {
        let folder = tempfile::tempdir().unwrap();
        let count = |name: &str, sql: &str| -> i64 {
            let path = folder.path().join(name);
            if !path.exists() {
                make(&path).unwrap();
            }
            Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
        };
        let sum = "SELECT sum(total_cents * order_no) FROM orders";
        assert_eq!(count("a.db", sum), count("b.db", sum));
        assert_eq!(count("a.db", "SELECT count(*) FROM orders"), i64::from(ORDERS));
        for untidy in
            ["state <> lower(trim(state))", "email IS NULL", "trim(email) = ''", "legacy_flag = 'Y'"]
        {
            assert!(count("a.db", &format!("SELECT count(*) FROM orders WHERE {untidy}")) > 100, "{untidy}");
        }
    }
}
