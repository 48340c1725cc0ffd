//! The fixed table of error names, with Linux's values.
//!
//! One name a value, because results are printed by name: `EWOULDBLOCK` is `EAGAIN`.

/// Names and values, by value.
pub const ERRNOS: &[(&str, i64)] = &[
    ("EPERM", 1),
    ("ENOENT", 2),
    ("EINTR", 4),
    ("EIO", 5),
    ("ENXIO", 6),
    ("E2BIG", 7),
    ("EBADF", 9),
    ("EAGAIN", 11),
    ("ENOMEM", 12),
    ("EACCES", 13),
    ("EFAULT", 14),
    ("EBUSY", 16),
    ("EEXIST", 17),
    ("EXDEV", 18),
    ("ENODEV", 19),
    ("ENOTDIR", 20),
    ("EINVAL", 22),
    ("ENFILE", 23),
    ("EMFILE", 24),
    ("EFBIG", 27),
    ("ENOSPC", 28),
    ("EROFS", 30),
    ("EPIPE", 32),
    ("EDOM", 33),
    ("ERANGE", 34),
    ("EDEADLK", 35),
    ("ENAMETOOLONG", 36),
    ("ENOLCK", 37),
    ("ENOSYS", 38),
    ("ENOTEMPTY", 39),
    ("EPROTO", 71),
    ("EOVERFLOW", 75),
    ("EUSERS", 87),
    ("ENOTSOCK", 88),
    ("EOPNOTSUPP", 95),
    ("EAFNOSUPPORT", 97),
    ("EADDRINUSE", 98),
    ("ENETDOWN", 100),
    ("ENETUNREACH", 101),
    ("ENOBUFS", 105),
    ("EISCONN", 106),
    ("ETIMEDOUT", 110),
    ("ECONNREFUSED", 111),
    ("EALREADY", 114),
    ("EINPROGRESS", 115),
];

/// The positive value of an error's name: `ENOMEM` is 12.
#[must_use]
pub fn value(name: &str) -> Option<i64> {
    ERRNOS.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

/// The name of a positive value: 12 is `ENOMEM`.
#[must_use]
pub fn name(value: i64) -> Option<&'static str> {
    ERRNOS.iter().find(|(_, known)| *known == value).map(|&(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_a_value() {
        assert!(ERRNOS.windows(2).all(|pair| pair[0].1 < pair[1].1));
        assert_eq!(value("ENOMEM"), Some(12));
        assert_eq!(name(12), Some("ENOMEM"));
        assert_eq!((value("EWOULDBLOCK"), name(0)), (None, None));
    }
}
