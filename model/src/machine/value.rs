//! What one cell of the machine's memory holds.
//!
//! A value says what it is by itself: an integer, or an address together with the kind of place found there. So a
//! wrong use is seen where it happens, and a slot may hold anything (language.md, "dynamic kinds").

/// An integer of 31 bits, or a typed address. `NULL` is the integer 0, as in C.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Value(pub u32);

/// An index of the program's table of place types: what kind of thing stands at an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct PlaceType(pub u16);

const ADDRESS_BITS: u32 = 22;
const ADDRESS_MASK: u32 = (1 << ADDRESS_BITS) - 1;
const TYPED: u32 = 1 << 31;

/// How many cells a world may have.
pub const MAX_CELLS: u32 = 1 << ADDRESS_BITS;
/// How many kinds of place a program may have.
pub const MAX_PLACE_TYPES: usize = 1 << 9;
/// The largest integer.
pub const MAX_INT: i64 = (1 << 30) - 1;
/// The smallest integer.
pub const MIN_INT: i64 = -(1 << 30);

impl Value {
    /// `NULL`, and the integer 0.
    pub const NULL: Self = Self(0);
    /// What a local holds before its first assignment.
    pub const UNSET: Self = Self(TYPED);

    /// An integer, or `None` if it needs more than 31 bits.
    #[must_use]
    #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "the range is checked")]
    pub const fn int(value: i64) -> Option<Self> {
        if value < MIN_INT || value > MAX_INT { None } else { Some(Self(value as u32 & !TYPED)) }
    }

    /// 1 or 0.
    #[must_use]
    pub const fn truth(value: bool) -> Self {
        Self(value as u32)
    }

    /// A small non-negative integer.
    ///
    /// # Panics
    /// In debug builds, if it needs more than 30 bits.
    #[must_use]
    pub const fn small(value: u32) -> Self {
        debug_assert!(value < 1 << 30);
        Self(value)
    }

    /// An address of a kind of place.
    #[must_use]
    pub const fn place(ty: PlaceType, address: u32) -> Self {
        Self(TYPED | (ty.0 as u32) << ADDRESS_BITS | address)
    }

    /// The integer, if it is one.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_wrap, reason = "the sign bit is moved into place")]
    pub const fn as_int(self) -> Option<i64> {
        if self.0 & TYPED == 0 { Some((((self.0 << 1) as i32) >> 1) as i64) } else { None }
    }

    /// Is it an address?
    #[must_use]
    #[inline]
    pub const fn is_place(self) -> bool {
        self.0 & TYPED != 0 && self.0 != TYPED
    }

    /// Is it what a local holds before its first assignment?
    #[must_use]
    #[inline]
    pub const fn is_unset(self) -> bool {
        self.0 == TYPED
    }

    /// Is it true as a condition of C?
    #[must_use]
    #[inline]
    pub const fn is_true(self) -> bool {
        self.0 != 0
    }

    /// The kind of place; 0 for an integer and for an unset local.
    #[must_use]
    #[inline]
    pub const fn ty(self) -> PlaceType {
        if self.0 & TYPED == 0 { PlaceType(0) } else { PlaceType(((self.0 & !TYPED) >> ADDRESS_BITS) as u16) }
    }

    /// The address, of a place.
    #[must_use]
    #[inline]
    pub const fn address(self) -> u32 {
        self.0 & ADDRESS_MASK
    }

    /// The same kind of place at the same address plus an offset, as another kind.
    #[must_use]
    #[inline]
    pub const fn at(self, ty: PlaceType, offset: u32) -> Self {
        Self::place(ty, self.address() + offset)
    }

    /// An error in the kernel's sense: -4095 to -1.
    #[must_use]
    pub const fn is_err(self) -> bool {
        matches!(self.as_int(), Some(-4095..=-1))
    }
}
