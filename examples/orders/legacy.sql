-- A small legacy shop: what `orders.mig` moves. `sqlite3 legacy.db < legacy.sql`
CREATE TABLE customers (
  id    INTEGER PRIMARY KEY,
  name  TEXT NOT NULL,
  city  TEXT
);
CREATE TABLE products (
  sku          VARCHAR(12) NOT NULL PRIMARY KEY,
  title        TEXT NOT NULL,
  price_cents  INTEGER NOT NULL
);
CREATE TABLE orders (
  order_no     INTEGER PRIMARY KEY,
  cust_id      INTEGER NOT NULL REFERENCES customers (id),
  total_cents  INTEGER NOT NULL,
  state        TEXT NOT NULL,
  placed       DATETIME NOT NULL,
  email        TEXT,
  channel      TEXT NOT NULL,
  legacy_flag  CHAR(1),
  discount     REAL
);
CREATE TABLE order_items (
  order_no  INTEGER NOT NULL REFERENCES orders (order_no),
  line      INTEGER NOT NULL,
  sku       VARCHAR(12) NOT NULL REFERENCES products (sku),
  quantity  INTEGER NOT NULL,
  PRIMARY KEY (order_no, line)
);
CREATE TABLE payments (
  order_no      INTEGER PRIMARY KEY REFERENCES orders (order_no),
  method        TEXT NOT NULL,
  amount_cents  INTEGER NOT NULL,
  paid_at       DATETIME NOT NULL
);
CREATE TABLE stock_levels (
  sku       VARCHAR(12) NOT NULL,
  place     TEXT NOT NULL,
  quantity  INTEGER NOT NULL,
  PRIMARY KEY (sku, place)
);

INSERT INTO customers VALUES (1, 'Ada Martin', 'Paris'), (2, 'Björn Weiß', NULL), (3, 'Chloé O''Brien', 'Lyon');
INSERT INTO products VALUES ('B-1001', 'Bell', 1290), ('S-2002', 'Saddle', 4999), ('W-3003', 'Wheel', 12900);
INSERT INTO orders VALUES
  (1, 1,  1290, ' Paid ',    '2026-03-28 10:15:00', ' ada@acme.dev ', 'web',   'x',  NULL),
  (2, 2, 17899, 'OPEN',      '2026-03-29 03:30:00', '',               'phone', NULL, 0.1),
  (3, 3,  4999, 'cancelled', '2026-10-24 23:59:59', NULL,             'web',   NULL, NULL);
INSERT INTO order_items VALUES (1, 1, 'B-1001', 1), (2, 1, 'S-2002', 1), (2, 2, 'W-3003', 1), (3, 1, 'S-2002', 1);
INSERT INTO payments VALUES (1, 'card', 1290, '2026-03-28 10:16:12');
INSERT INTO stock_levels VALUES ('B-1001', 'Paris', 12), ('S-2002', 'Lyon', 3);
