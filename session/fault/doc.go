// Package fault is the fault shim: a bad network of one's own making, under any transport.
//
// A [Config] is a seed and rules, which are a small language, one rule a line:
//
//	seed 7
//	lose sent ACK 2                   the second acknowledgement that is sent
//	lose 20%                          a fifth of all datagrams, both ways
//	delay received 2.05 300ms         every 2.05 that comes, by 300 ms
//	delay 50ms-150ms                  every datagram, by something between
//	duplicate sent CON every 3        the third, the sixth, … Confirmable message
//	lose sent request /temp 1-3       the first three requests for /temp
//	corrupt received 10% bits 2       two bits of every tenth datagram, by chance
//	reorder received NON 5%           behind the next one from the same peer
//	lose received block 4 peer 192.0.2.7
//
// A rule is the fault, which datagrams it is about, which of these it hits, and how hard:
//
//	rule      = fault { condition } [ when ] [ how ]         in any order but for the fault
//	fault     = "lose" | "delay" | "duplicate" | "reorder" | "corrupt"
//	condition = "sent" | "received"                          both, if there is neither
//	          | "CON" | "NON" | "ACK" | "RST"
//	          | code                                         2.05, GET, Not-Found, or a class: 4.xx
//	          | "request" | "response" | "empty"
//	          | "block" number                               of Block1, Block2, Q-Block1 or Q-Block2
//	          | /path                                        of a request, as in a URI
//	          | "peer" address [ ":" port ]                  [2001:db8::1]:5683 for IPv6 with a port
//	when      = n | n"-"m | n"-" | "every" n | p"%"          always, if it is missing
//	how       = time [ "-" time ]                            50ms, 1.5s
//	          | "copies" n                                   of duplicate, besides the datagram; 1
//	          | "bits" n                                     of corrupt; 1
//
// The time is how long delay delays, how much later than the datagram each copy of duplicate goes, and how
// long reorder waits at most for a datagram to be overtaken by ([DefaultHold]). Lines that begin with # are comments.
//
// Every rule counts the datagrams that its conditions fit, whatever other rules do to them, and all rules
// that hit a datagram act on it: a lost one is only lost; else its bits are flipped, delays add up, copies are made
// of what is left, and last it is held for reordering. Chance comes from the seed, and for each rule and
// direction apart: the fate of the datagrams that are sent does not depend on when answers came in between.
//
// The [Shim] is sans-IO: its owner gives it datagrams and the time and carries out what it gives back.
package fault
