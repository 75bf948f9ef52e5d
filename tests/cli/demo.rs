//! `mig demo`: what a newcomer sees first.

use crate::house::{House, files};

#[test]
fn the_demo_runs_to_its_end_and_can_be_undone() {
    let house = House::empty();
    let answer = house.mig(&["demo"]).ends(0);
    for line in [
        "$ mig check mig-demo",
        "$ mig plan mig-demo -o",
        "$ mig apply",
        "$ mig status",
        "completed",
        "Try next",
    ] {
        assert!(answer.text().contains(line), "lacks `{line}`: {}", answer.text());
    }
    assert!(house.read("mig-demo/catalog/services.yaml").contains("acme.dev/products-from"));
    let products = house.number("mig-demo/mart.db", "SELECT count(*) FROM product_catalogue");
    assert_eq!(products, 800, "the view shows the new table");
    assert!(house.has("mig-demo/lake/sales/orders") && house.has("mig-demo/lake/archive/reviews"));
    house.mig(&["fmt", "--check", "mig-demo"]).ends(0);

    // What it says to try next is true. First the misspelling.
    house.replace("mig-demo/orders.mig", "cust_id", "custid");
    house.mig(&["check", "mig-demo"]).ends(1).says("cust_id");
    house.replace("mig-demo/orders.mig", "custid", "cust_id");

    // Then the rollback: everything is as the demo made it.
    house.mig(&["rollback", "mig-demo", "--yes"]).ends(0);
    assert!(!house.has("mig-demo/lake/sales/orders"));
    assert!(!house.read("mig-demo/catalog/services.yaml").contains("acme.dev/products-from"));
    let other = House::empty();
    other.mig(&["demo", "--help"]).ends(0);

    // Then the broken row.
    house.sql("mig-demo/shop.db", "UPDATE orders SET total_cents = -1 WHERE order_no = 7");
    house.mig(&["apply", "mig-demo/plan.json"]).ends(4).says("an order has a negative total");
    assert!(!house.has("mig-demo/lake/sales/orders"));
}

#[test]
fn the_demo_takes_no_folder_of_somebody_else() {
    let house = House::empty();
    house.write("thesis/chapter.txt", "years of work");
    let before = files(house.path("").as_path());
    house.mig(&["demo", "thesis"]).ends(1).says("the demo did not make it");
    assert_eq!(files(house.path("").as_path()), before);
}
