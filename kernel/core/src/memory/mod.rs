//! Memory: what the machine has, what a program sees of it, and how the kernel reads and writes that.

mod pages;
mod physical;
mod space;

pub use pages::{Gone, Mapped, Mappers, PageFail, Pages};
pub use physical::Physical;
pub use space::{
    AreaView, FaultEnd, Flags, GUARD, Key, MAX_AREAS, MAX_MOVED, MIN_ADDR, MapRequest, Place, Present, Prot,
    RemapRequest, Sharing, Sizes, Space, TASK_END, Target,
};
