#define H 10000
#define M(a) m[(a)-H]
#define object(e) (M((e)+2) == (e) -> 0 : M((e)+2))
#define touch(x) assert(M(x) >= 0)
hidden short h_a;
hidden short h_b;
hidden short h_c;

inline link_behind(n, at) {
  d_step {
    assert(M((n)+1) == 0 && M((at)+1) != 0);
    h_a = M(at); M(n) = h_a; M((n)+1) = at; M(h_a+1) = n; M(at) = n
  }
}
inline link_before(n, at) {
  d_step {
    assert(M((n)+1) == 0 && M((at)+1) != 0);
    h_a = M((at)+1); M(n) = at; M((n)+1) = h_a; M(h_a) = n; M((at)+1) = n
  }
}
inline unlink(n) {
  d_step {
    assert(M((n)+1) != 0);
    h_a = M(n); h_b = M((n)+1); M(h_b) = h_a; M(h_a+1) = h_b; M((n)+1) = 0
  }
}
inline unqueue(w) {
  if :: M((w)+1) != 0 -> unlink(w); M(w) = 0 :: else fi
}
inline steal(a, b) {
  d_step {
    assert(M(b) == b);
    if
    :: M(a) != a ->
      h_a = M(a); h_b = M((a)+1); M(b) = h_a; M((b)+1) = h_b; M(h_a+1) = b; M(h_b) = b; M(a) = a; M((a)+1) = a
    :: else
    fi
  }
}
inline make_list(l, offset) {
  d_step { M(l) = l; M((l)+1) = l; M((l)+2) = l; M((l)+3) = offset }
}
inline drop_list(l) {
  d_step {
    if
    :: M((l)+1) != 0 ->
      do
      :: M(l) != l && M(M(l)+1) != 0 -> /* a member may have been freed */
        h_c = M(l); h_a = M(h_c); M(l) = h_a; M(h_a+1) = l; M(h_c) = 0; M(h_c+1) = 0
      :: else -> break
      od;
      M(l) = 0; M((l)+1) = 0; M((l)+2) = 0; M((l)+3) = 0
    :: else
    fi
  }
}
inline new(to, t, base, slots, number) {
  d_step {
    assert(used[t] < slots);
    to = H + base + used[t] * SLOT; used[t]++; M(to) = number
  }
}
inline free(x) {
  d_step {
    if
    :: (x) != 0 ->
      assert(M(x) > 0);
      h_a = 1;
      do :: h_a < SLOT -> M((x)+h_a) = 0; h_a++ :: else -> break od;
      M(x) = 0 - M(x)
    :: else
    fi
  }
}
inline leave_before(mask) {
  d_step {
    h_a = 0;
    do :: h_a < TASKS -> before[h_a] = before[h_a] & ~(mask); h_a++ :: else -> break od;
    h_a = 0
  }
}
inline leave_grace(mask) {
  d_step {
    h_a = 0;
    do :: h_a < TASKS -> grace[h_a] = grace[h_a] & ~(mask); h_a++ :: else -> break od;
    h_a = 0
  }
}
