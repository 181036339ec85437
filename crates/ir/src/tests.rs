use crate::{Bin, Block, Extend, Op, Order, Size, Slot, SlotKind, Ty, Value, Width, check};
use alloc::string::ToString;

const R0: Slot = Slot { kind: SlotKind::I64, offset: 0 };
const V0: Slot = Slot { kind: SlotKind::V128, offset: 16 };

#[test]
fn a_block_prints_as_its_ops() {
    let mut block = Block::new();
    block.push(Op::At(0x1000));
    let a = block.get(R0);
    let b = block.bin_number(Bin::Add, a, 8);
    block.set(R0, b);
    block.push(Op::Goto(0x1004));
    assert_eq!(check(&block), Ok(()));
    let text = block.to_string();
    assert!(text.starts_with("0x1000:\n    %1 = Get(I64@0)\n    %2 = Const(0x8)\n    %3 = Bin {"), "{text}");
    assert!(text.ends_with("    Set(I64@0, %3)\n    Goto(0x1004)\n"), "{text}");
}

#[test]
fn what_is_not_well_formed_is_found() {
    let what = |ops: &[Op]| {
        let mut block = Block::new();
        for &op in ops {
            block.push(op);
        }
        check(&block).map_err(|error| (error.at, error.what))
    };
    let end = Op::Goto(0);
    let add = |a, b| Op::Bin { op: Bin::Add, width: Width::W64, a: Value(a), b: Value(b) };
    assert_eq!(what(&[Op::Get(R0), end]), Ok(()));
    assert_eq!(what(&[]), Err((0, "no end")));
    assert_eq!(what(&[end, end]).map_err(|error| error.0), Err(0));
    assert_eq!(what(&[add(0, 0), end]), Err((0, "an operand that comes later")));
    assert_eq!(what(&[Op::Get(V0), add(0, 0), end]), Err((1, "an operand's type")));
    assert_eq!(what(&[Op::At(0), add(0, 0), end]), Err((1, "an operand that gives no value")));
    let missing = Op::Select { ty: Ty::I64, cond: Value::NONE, a: Value::NONE, b: Value::NONE };
    assert_eq!(what(&[missing, end]), Err((0, "an operand is missing")));
    let wide = Op::Load { size: Size::B16, kind: Extend::Zero, order: Order::Plain, addr: Value(0), disp: 0 };
    assert_eq!(what(&[Op::Get(R0), wide, end]), Err((1, "a constant outside its range")));
}
