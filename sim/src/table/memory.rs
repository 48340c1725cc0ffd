//! The memory of a shard: lines of slots, free at first, on large pages where there are some.
//!
//! Slots are looked up all over it, and each time the processor must know where their page is: of small pages it knows too few.

use super::atomic::AtomicU64;
use super::slots::Line;
#[cfg(target_os = "linux")]
use memmap2::Advice;
use memmap2::{MmapMut, MmapOptions};
use prefetch_index::prefetch_index;
use std::ops::Range;
use zerocopy::FromBytes;

/// A large page, in bytes.
const LARGE: usize = 1 << 21;

/// So many times what is needed is asked for, as address space only, so that lines become more where they are: three times by half.
const AHEAD: usize = 4;

/// Lines, by those who are alone with them or by several at a time.
#[derive(Debug)]
pub struct Memory {
    map: MmapMut,
    /// Where the lines are in it.
    bytes: Range<usize>,
}

impl Memory {
    /// So many lines.
    ///
    /// # Panics
    /// If there is not so much memory.
    pub fn new(lines: usize) -> Self {
        let bytes = lines * size_of::<Line<u64>>();
        let pages = if bytes < LARGE { 1 } else { LARGE };
        let map = |bytes| MmapOptions::new().len(bytes).no_reserve_swap().map_anon();
        let map = map(AHEAD * bytes + pages).or_else(|_| map(bytes + pages)).expect("there is memory");
        let from = map.as_ptr().align_offset(pages);
        // Where there are none small ones will do.
        #[cfg(target_os = "linux")]
        if pages == LARGE {
            let _ = map.advise_range(Advice::HugePage, from, (map.len() - from) / LARGE * LARGE);
        }
        Self { map, bytes: from..from + bytes }
    }

    /// So many lines, more than before; those behind the ones there were are free.
    ///
    /// # Panics
    /// If there is not so much memory.
    pub fn grow(&mut self, lines: usize) {
        let bytes = self.bytes.start..self.bytes.start + lines * size_of::<Line<u64>>();
        if bytes.end <= self.map.len() && (bytes.len() < LARGE || self.bytes.len() >= LARGE) {
            self.bytes = bytes;
            return;
        }
        let mut larger = Self::new(lines);
        larger.lines_mut()[..self.len()].copy_from_slice(self.lines());
        *self = larger;
    }

    /// All lines, to be read.
    #[inline]
    pub fn lines(&self) -> &[Line<u64>] {
        <[Line<u64>]>::ref_from_bytes(&self.map[self.bytes.clone()]).expect("whole lines")
    }

    /// All lines, for who is alone with them.
    #[inline]
    pub fn lines_mut(&mut self) -> &mut [Line<u64>] {
        <[Line<u64>]>::mut_from_bytes(&mut self.map[self.bytes.clone()]).expect("whole lines")
    }

    /// All lines, for several threads.
    pub fn shared(&mut self) -> &[Line<AtomicU64>] {
        <[Line<AtomicU64>]>::mut_from_bytes(&mut self.map[self.bytes.clone()]).expect("whole lines")
    }

    /// Has the memory fetch the line that `home` says, of so many.
    #[inline]
    pub fn fetch(&self, home: impl FnOnce(usize) -> usize) {
        let line = size_of::<Line<u64>>();
        fetch(&self.map, self.bytes.start + home(self.len()) * line, line);
    }

    /// How many lines there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len() / size_of::<Line<u64>>()
    }

    /// Bytes of the lines.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// Has the memory fetch a line that begins at a place, and the next one, so many places on: every fourth key goes on to it. There
/// need not be one.
#[inline]
pub fn fetch<T>(places: &[T], at: usize, line: usize) {
    prefetch_index(places, at);
    prefetch_index(places, at + line);
}
