// Package admit decides what runs now. What does not fit waits in one queue,
// first in, first out, bounded in length and in time.
//
// A query fits when fewer than the most queries run and its memory is left of
// the capacity. Nobody overtakes: a big query at the head holds back small ones
// behind it, and so always gets its turn.
//
// Rights that are held without being used (a suspended portal, an open cursor,
// a client that stopped reading) are idle. When others wait, rights that were
// idle for longer than a limit are taken back, the longest idle first.
//
//	ask --fits--> held <--Busy/Idle--> idle --others wait--> evicted
//	   \--waits--> granted: held | refused: queue full, deadline, cancelled
package admit
