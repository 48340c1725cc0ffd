/* W for SPIN: -DM= registrars, -DN= namespace tasks, -DR= rounds.

   Every step of W is one d_step (or, for the call of lock, a statement that touches nothing shared); branches are
   guards of the steps themselves, because a guard on its own would be a step more.  Locals are cleared where they
   are dead, and a task that is done stays at a valid end state. */

#define OPS  (2*M)	/* A_i is 2i, B_i is 2i+1 */
#define NETS (N+1)	/* 0 is always there */
#define NONE 255

#define is_device(o) ((o) % 2 == 1)
#define is_inited(o, n) ((inited[o] >> (n)) & 1)

bool locked;
bool failed;
byte first_device = NONE;
byte n_ops;
byte pernet_list[OPS];
byte n_nets = 1;
byte net_list[NETS];
byte inited[OPS];	/* a bit for each namespace */

hidden byte i, j, k;	/* inside one step only */

inline position(o)
{
	i = 0;
	do
	:: pernet_list[i] != o -> i++
	:: else -> break
	od
}

inline check_order()
{
	j = 1;
	do
	:: j < n_ops ->
		assert(!(is_device(pernet_list[j-1]) && !is_device(pernet_list[j])));
		j++
	:: else -> break
	od;
	j = 0
}

inline link_ops(o)
{
	if
	:: !is_device(o) && first_device != NONE -> position(first_device)
	:: else -> i = n_ops
	fi;
	j = n_ops;
	do
	:: j > i -> pernet_list[j] = pernet_list[j-1]; j--
	:: else -> break
	od;
	pernet_list[i] = o;
	n_ops++;
	check_order();
	i = 0
}

inline unlink_ops(o)
{
	position(o);
	if
	:: first_device == o && i + 1 < n_ops -> first_device = pernet_list[i+1]
	:: first_device == o && i + 1 == n_ops -> first_device = NONE
	:: else
	fi;
	do
	:: i + 1 < n_ops -> pernet_list[i] = pernet_list[i+1]; i++
	:: else -> break
	od;
	pernet_list[i] = 0;
	n_ops--;
	check_order();
	i = 0
}

inline unlink_net(n)
{
	i = 0;
	do
	:: net_list[i] != n -> i++
	:: else -> break
	od;
	do
	:: i + 1 < n_nets -> net_list[i] = net_list[i+1]; i++
	:: else -> break
	od;
	net_list[i] = 0;
	n_nets--;
	i = 0
}

inline call_init(o, n)
{
	assert(!is_inited(o, n));
	inited[o] = inited[o] | (1 << (n))
}

inline call_exit(o, n)
{
	assert(is_inited(o, n));
	inited[o] = inited[o] & ~(1 << (n))
}

/* All ops after the one at this place have exited. */
inline check_reverse(place, n)
{
	i = place + 1;
	do
	:: i < n_ops -> assert(!is_inited(pernet_list[i], n)); i++
	:: else -> break
	od;
	i = 0
}

/* Whoever is listed is set up in every namespace, and nobody else is anywhere. */
inline check_paired()
{
	k = 0;
	i = 0;
	do
	:: i < n_nets -> k = k | (1 << net_list[i]); i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < OPS ->
		j = 0;
		do
		:: j < n_ops && pernet_list[j] != i -> j++
		:: else -> break
		od;
		assert(inited[i] == (j < n_ops -> k : 0));
		i++
	:: else -> break
	od;
	i = 0; j = 0; k = 0
}

inline release()
{
	check_paired();
	locked = 0
}

inline unregister(o)
{
	d_step { !locked -> locked = 1; unlink_ops(o) };
	do
	:: d_step { at < n_nets -> call_exit(o, net_list[at]); at++ }
	:: d_step { at == n_nets -> at = 0; release() }; break
	od
}

active [M] proctype registrar()
{
	byte round, at, end;

#define A (2*_pid)
#define B (2*_pid + 1)

end_done:
	round < R;	/* the call of lock; blocks for ever after the last round */
	d_step { !locked -> locked = 1; link_ops(A) };
	do
	:: d_step { at < n_nets -> call_init(A, net_list[at]); at++ }
	:: d_step { at == n_nets -> at = 0; release() }; break
	od;

	skip;
	d_step { !locked -> locked = 1; link_ops(B) };
	do
	:: d_step { at < n_nets -> call_init(B, net_list[at]); at++ }
	:: d_step { at < n_nets && !failed -> failed = 1; unlink_ops(B); end = at; at = 0 }; goto undo
	:: d_step { at == n_nets ->
			if
			:: first_device == NONE -> first_device = B
			:: else
			fi;
			at = 0;
			release() }; break
	od;

	skip;
	unregister(B);
	goto last;

undo:
	do
	:: d_step { at < end ->
			call_exit(B, net_list[at]);
			at++;
			if
			:: at == end -> at = 0; end = 0
			:: else
			fi }
	:: d_step { at == end -> release() }; break
	od;

last:
	skip;
	d_step { !locked -> locked = 1; unlink_ops(A) };
	do
	:: d_step { at < n_nets -> call_exit(A, net_list[at]); at++ }
	:: d_step { at == n_nets -> at = 0; round++; release() }; break
	od;
	goto end_done
}

active [N] proctype nettask()
{
	byte at;

#define NET (_pid - M + 1)

	skip;
	d_step { !locked -> locked = 1 };
	do
	:: d_step { at < n_ops -> call_init(pernet_list[at], NET); at++ }
	:: d_step { at < n_ops && !failed && is_device(pernet_list[at]) -> failed = 1 }; goto undo
	:: d_step { at == n_ops -> net_list[n_nets] = NET; n_nets++; at = 0; release() }; break
	od;

	skip;
	d_step { !locked -> locked = 1; unlink_net(NET); at = n_ops };
	do
	:: d_step { at > 0 -> at--; check_reverse(at, NET); call_exit(pernet_list[at], NET) }
	:: d_step { at == 0 -> release() }; break
	od;
	goto end_done;

undo:
	do
	:: d_step { at > 0 -> at--; check_reverse(at, NET); call_exit(pernet_list[at], NET) }
	:: d_step { at == 0 -> release() }; break
	od;

end_done:
	false
}
