//! Kernels of lists: making one, and looking into one.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, ArrayRef, AsArray, BooleanBuilder, ListArray, ListBuilder, StringBuilder,
    UInt32Builder, new_empty_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{interleave, take};
use arrow::datatypes::Int64Type;
use mig_plan::Type;

use super::comparison::equality;
use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_text, validity};
use crate::arrow_types::arrow_field;

/// `[a, b, …]`
pub(super) fn make(args: &[Type], result: &Type) -> Result<Kernel, String> {
    let Type::List(item) = result else { return Err(format!("a list is not {result}")) };
    if args.iter().any(|arg| *arg != item.ty) {
        return Err(format!("a {result} of other items"));
    }
    let field = Arc::new(arrow_field("item", item));
    Ok(Box::new(move |args, rows| {
        let arrays: Vec<&dyn Array> = args.iter().map(|arg| arg.array.as_ref()).collect();
        let places: Vec<(usize, usize)> = (0..rows)
            .flat_map(|row| args.iter().enumerate().map(move |(place, arg)| (place, arg.at(row))))
            .collect();
        let items = if arrays.is_empty() || rows == 0 {
            new_empty_array(field.data_type())
        } else {
            interleave(&arrays, &places)?
        };
        if !field.is_nullable()
            && let Some(missing) = (0..items.len()).find(|place| items.is_null(*place))
        {
            let row = missing / args.len().max(1);
            return Err(Trouble::plain("an item is missing, and the items are not nullable").at(row));
        }
        let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(args.len(), rows));
        Ok(Arc::new(ListArray::try_new(Arc::clone(&field), offsets, items, None)?))
    }))
}

fn list_of(args: &[Operand]) -> Result<(&ListArray, &Operand), Fault> {
    args.first()
        .and_then(|operand| Some((operand.array.as_list_opt::<i32>()?, operand)))
        .ok_or_else(|| Trouble::plain("a function without its list").at(0))
}

/// Where the items of a row's list are.
fn items(list: &ListArray, at: usize) -> std::ops::Range<usize> {
    let end = |place: usize| list.value_offsets().get(place).and_then(|end| usize::try_from(*end).ok());
    end(at).unwrap_or(0)..end(at + 1).unwrap_or(0)
}

/// `length(l)`
pub(super) fn length() -> Kernel {
    Box::new(|args, rows| {
        let (list, operand) = list_of(args)?;
        let length = |row| Ok(i64::from(list.value_length(operand.at(row))));
        Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), length)?))
    })
}

/// `element(l, place)`
pub(super) fn element(args: &[Type], result: &Type) -> Result<Kernel, String> {
    match args {
        [Type::List(item), place] if item.ty == *result && place.is_integer() => {}
        _ => return Err("`element` takes a list and a place".to_owned()),
    }
    Ok(Box::new(|args, rows| {
        let (list, operand) = list_of(args)?;
        let places =
            args.get(1).ok_or_else(|| Trouble::plain("`element` without its place").at(0))?.integers()?;
        let valid = validity(args, rows);
        let mut picked = UInt32Builder::with_capacity(rows);
        for row in 0..rows {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                picked.append_null();
                continue;
            }
            let place = places.value(row);
            if place < 1 {
                return Err(Trouble::with(place.to_string(), "the first item is at place 1").at(row));
            }
            let range = items(list, operand.at(row));
            let at = usize::try_from(place - 1).ok().and_then(|skip| range.start.checked_add(skip));
            let at = at.filter(|at| range.contains(at)).and_then(|at| u32::try_from(at).ok());
            picked.append_option(at);
        }
        Ok(take(list.values().as_ref(), &picked.finish(), None)?)
    }))
}

/// `join(l, separator)`
pub(super) fn join(args: &[Type]) -> Result<Kernel, String> {
    match args {
        [Type::List(item), Type::Text] if item.ty == Type::Text => {}
        _ => return Err("`join` takes a list of texts and a text".to_owned()),
    }
    Ok(Box::new(|args, rows| {
        let (list, operand) = list_of(args)?;
        let separator = args.get(1).ok_or_else(|| Trouble::plain("`join` without its separator").at(0))?;
        let texts = list.values().as_string::<i32>();
        let joined = fill_text(rows, validity(args, rows), |row, out| {
            let there = items(list, operand.at(row)).filter(|item| texts.is_valid(*item));
            for (place, item) in there.enumerate() {
                if place > 0 {
                    out.push_str(separator.array.as_string::<i32>().value(separator.at(row)));
                }
                out.push_str(texts.value(item));
            }
            Ok(())
        })?;
        Ok(Arc::new(joined))
    }))
}

/// `split(t, separator)`
pub(super) fn split(args: &[Type], result: &Type) -> Result<Kernel, String> {
    let Type::List(item) = result else { return Err(format!("`split` does not give {result}")) };
    if args != [Type::Text, Type::Text] || item.ty != Type::Text {
        return Err("`split` takes two texts and gives a list of texts".to_owned());
    }
    let field = Arc::new(arrow_field("item", item));
    Ok(Box::new(move |args, rows| {
        let [text, separator] = args else { return Err(Trouble::plain("`split` without its texts").at(0)) };
        let valid = validity(args, rows);
        let mut lists = ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(&field));
        for row in 0..rows {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                lists.append_null();
                continue;
            }
            let by = separator.array.as_string::<i32>().value(separator.at(row));
            if by.is_empty() {
                return Err(Trouble::plain("an empty separator separates nothing").at(row));
            }
            let whole = text.array.as_string::<i32>().value(text.at(row));
            whole.split(by).for_each(|part| lists.values().append_value(part));
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()) as ArrayRef)
    }))
}

/// `contains(l, item)`: a missing item equals nothing.
pub(super) fn contains(item: &Type, value: &Type) -> Result<Kernel, String> {
    let equal = equality(item, value)?;
    Ok(Box::new(move |args, rows| {
        let (list, operand) = list_of(args)?;
        let value = args.get(1).ok_or_else(|| Trouble::plain("`contains` without its value").at(0))?;
        let valid = validity(args, rows);
        // Each item beside the value of its row.
        let (mut left, mut right, mut ends) = (UInt32Builder::new(), UInt32Builder::new(), Vec::new());
        for row in 0..rows {
            if valid.as_ref().is_none_or(|valid| valid.is_valid(row)) {
                for item in items(list, operand.at(row)) {
                    left.append_option(u32::try_from(item).ok());
                    right.append_option(u32::try_from(value.at(row)).ok());
                }
            }
            ends.push(left.len());
        }
        let count = left.len();
        let left = Operand::rows(take(list.values().as_ref(), &left.finish(), None)?);
        let right = Operand::rows(take(value.array.as_ref(), &right.finish(), None)?);
        let equal = if count == 0 { None } else { Some(equal(&left, &right, count)?) };
        let mut found = BooleanBuilder::with_capacity(rows);
        let mut from = 0;
        for (row, end) in ends.into_iter().enumerate() {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                found.append_null();
            } else {
                let is =
                    |place| equal.as_ref().is_some_and(|equal| equal.is_valid(place) && equal.value(place));
                found.append_value((from..end).any(is));
            }
            from = end;
        }
        Ok(Arc::new(found.finish()))
    }))
}
