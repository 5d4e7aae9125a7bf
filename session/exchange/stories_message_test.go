package exchange

import "math"

// RFC 7252 §4.2–4.5: messages.
var messageStories = []story{
	{"Table 1: CON and NON requests: this client rejects them, a CON with RST", nil, `
		0   > from a CON 0.01 1 aa
		0   RST 1 to a
		0   0: unmatched: a request, but this endpoint is a client
		0   > from a NON 0.01 2 aa
		0   0: unmatched: a request, but this endpoint is a client
		400 > end`},
	{"Table 1: ACK with a request, RST with a request or response: ignored", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.01 m1 t1
		0.1 0: unmatched: this type does not carry this code
		0.2 > from a RST 0.01 m1
		0.2 0: unmatched: this type does not carry this code
		0.3 > from a RST 2.05 m1 t1
		0.3 0: unmatched: this type does not carry this code
		0.4 > from a ACK 2.05 m1 t1
		0.4 1: response 2.05 piggybacked after 0.4, 1 sent
		400 > end`},
	{"Table 1: Empty CON (ping): RST; Empty NON: ignored", nil, `
		0   > from a CON 0.00 1
		0   RST 1 to a
		0   0: unmatched: the peer pings
		0   > from a NON 0.00 2
		0   0: unmatched: this type does not carry this code
		400 > end`},
	{"Table 1: Empty ACK and Empty RST for nothing: ignored", nil, `
		0   > from a ACK 0.00 1
		0   0: unmatched: matches no message ID or token in use with this endpoint
		0   > from a RST 0.00 2
		0   0: unmatched: matches no message ID or token in use with this endpoint
		400 > end`},
	{"Table 1: only CON and NON requests are sent, no Empty ones", nil, `
		0   > send 1 ACK
		0   1: failed: only a CON or NON message with a code can be sent as a request (RFC 7252 Table 1)
		0   > send 2 RST
		0   2: failed: only a CON or NON message with a code can be sent as a request (RFC 7252 Table 1)
		0   > send 3 CON code 0.00
		0   3: failed: only a CON or NON message with a code can be sent as a request (RFC 7252 Table 1)
		400 > end`},
	{"§4.2: reserved classes: CON rejected with RST, NON, ACK and RST ignored", nil, `
		0   > from a CON 1.00 1
		0   RST 1 to a
		0   0: unmatched: the code is of a reserved class
		0   > from a CON 6.31 2
		0   RST 2 to a
		0   0: unmatched: the code is of a reserved class
		0   > from a CON 7.01 3
		0   RST 3 to a
		0   0: unmatched: the code is of a reserved class
		0   > from a NON 1.00 4
		0   0: unmatched: the code is of a reserved class
		0   > from a ACK 6.00 5
		0   0: unmatched: the code is of a reserved class
		0   > from a RST 7.00 6
		0   0: unmatched: this type does not carry this code
		400 > end`},
	{"§4.2: with MAX_RETRANSMIT 0 there is no second attempt", nil, `
		0   > set retransmit=0
		0   > send 1 CON
		0   1: CON request 1/1 to a, next 2
		2   1: failed: no acknowledgement: sent once in 2 s (RFC 7252 §4.2)
		400 > end`},
	{"§4.2: with an ACK_RANDOM_FACTOR of 1 and an ACK_TIMEOUT of 5, all times are known", nil, `
		0   > set ack=5 factor=1 retransmit=2
		0   > send 1 CON
		0   1: CON request 1/3 to a, next 5
		5   1: CON request 2/3 to a, next 15
		15  1: CON request 3/3 to a, next 35
		35  1: failed: no acknowledgement: sent 3 times in 35 s (RFC 7252 §4.2)
		400 > end`},
	{"§4.2: RST after a retransmission", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		2   1: CON request 2/5 to a, next 6
		2.5 > from a RST 0.00 m1
		2.5 1: failed: the peer rejected the message (RST)
		400 > end`},
	{"§4.2: a RST for a request that was acknowledged takes the promise back", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		1   > from a RST 0.00 m1
		1   1: failed: the peer rejected the message (RST)
		400 > end`},
	{"§4.2: the ACK that comes in the last wait is in time", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		2    1: CON request 2/5 to a, next 6
		6    1: CON request 3/5 to a, next 14
		14   1: CON request 4/5 to a, next 30
		30   1: CON request 5/5 to a, next 62
		61.9 > from a ACK 2.05 m1 t1
		61.9 1: response 2.05 piggybacked after 61.9, 5 sent
		400  > end`},
	{"§4.3: ACK for a NON: not allowed; RST for a NON: it failed", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0.1 > from a ACK 0.00 m1
		0.1 1: unmatched: this type does not carry this code
		0.2 > from a RST 0.00 m1
		0.2 1: failed: the peer rejected the message (RST)
		400 > end`},
	{"§4.4: ACK and RST with another message ID, or from elsewhere, are for nothing", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 4711
		0.1 0: unmatched: matches no message ID or token in use with this endpoint
		0.2 > from a RST 0.00 4711
		0.2 0: unmatched: matches no message ID or token in use with this endpoint
		0.3 > from a2 ACK 0.00 m1
		0.3 0: unmatched: matches no message ID or token in use with this endpoint
		0.4 > from b RST 0.00 m1
		0.4 0: unmatched: matches no message ID or token in use with this endpoint
		0.5 > from a ACK 2.05 m1 t1
		0.5 1: response 2.05 piggybacked after 0.5, 1 sent
		400 > end`},
	{"§4.4: a message ID is used with another endpoint at the same time", nil, `
		0   > send 1 CON mid 7
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON to b mid 7
		0   2: CON request 1/5 to b, next 2
		0.1 > from b ACK 2.05 7 t2
		0.1 2: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > from a ACK 2.05 7 t1
		0.2 1: response 2.05 piggybacked after 0.2, 1 sent
		400 > end`},
	{"§4.4: a message ID of the peer is another than the same one of this endpoint", nil, `
		0   > send 1 CON mid 7
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 7
		0.1 1: acknowledged after 0.1
		0.2 > from a CON 2.05 7 t1
		0.2 ACK 7 to a
		0.2 1: response 2.05 separate after 0.2, 1 sent
		400 > end`},
	{"§4.5: a duplicate CON is acknowledged by the same ACK, and processed once", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a CON 2.05 77 t1
		0.1 ACK 77 to a
		0.1 1: response 2.05 separate after 0.1, 1 sent
		2.1 > from a CON 2.05 77 t1
		2.1 ACK 77 to a
		2.1 1: duplicate of frame 1
		6.1 > from a CON 2.05 77 t1
		6.1 ACK 77 to a
		6.1 1: duplicate of frame 1
		400 > end`},
	{"§4.5: a duplicate CON that was rejected is rejected again", nil, `
		0   > from a CON 2.05 77 aa
		0   RST 77 to a
		0   0: unmatched: matches no message ID or token in use with this endpoint
		2   > from a CON 2.05 77 aa
		2   RST 77 to a
		2   0: duplicate of frame 1
		400 > end`},
	{"§4.5: a duplicate NON is ignored", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0.1 > from a NON 2.05 77 t1
		0.1 1: response 2.05 separate after 0.1, 1 sent
		0.2 > from a NON 2.05 77 t1
		0.2 1: duplicate of frame 1
		400 > end`},
	{"§4.5: the same message ID from another endpoint is no duplicate", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a CON 2.05 77 t1 6=01
		0.1 ACK 77 to a
		0.1 1: response 2.05 separate no. 1 from a after 0.1, 1 sent
		0.2 > from b CON 2.05 77 t1 6=01
		0.2 RST 77 to b
		0.2 0: unmatched: matches no message ID or token in use with this endpoint
		0.3 > cancel 1
		0.3 1: failed: cancelled
		500 > end`},
	{"duplicate piggybacked response", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		2    1: CON request 2/5 to a, next 6
		2.1  > from a ACK 2.05 m1 t1
		2.1  1: response 2.05 piggybacked after 2.1, 2 sent
		2.2  > from a ACK 2.05 m1 t1
		2.2  1: duplicate of frame 1
		400  > end`},
	{"duplicate Empty ACK", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 0.00 m1
		0.1  1: acknowledged after 0.1
		0.2  > from a ACK 0.00 m1
		0.2  1: duplicate of frame 1
		1    > from a NON 4.04 77 t1
		1    1: response 4.04 separate after 1, 1 sent
		400  > end`},
	{"exhaustion, and the ACK that is too late", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		2    1: CON request 2/5 to a, next 6
		6    1: CON request 3/5 to a, next 14
		14   1: CON request 4/5 to a, next 30
		30   1: CON request 5/5 to a, next 62
		62   1: failed: no acknowledgement: sent 5 times in 62 s (RFC 7252 §4.2)
		70   > from a ACK 2.05 m1 t1
		70   1: unmatched: the exchange had already failed
		71   > from a CON 2.05 77 t1
		71   RST 77 to a
		71   1: unmatched: the exchange had already failed
		400  > end`},
	{"the longest random timeout keeps all within MAX_TRANSMIT_WAIT", constant(math.MaxUint64), `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 3
		3    1: CON request 2/5 to a, next 9
		9    1: CON request 3/5 to a, next 21
		21   1: CON request 4/5 to a, next 45
		45   1: CON request 5/5 to a, next 93
		93   1: failed: no acknowledgement: sent 5 times in 93 s (RFC 7252 §4.2)
		400  > end`},
	{"a random timeout in between", constant(1 << 63), `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2.5
		2.5  1: CON request 2/5 to a, next 7.5
		3    > from a RST 0.00 m1
		3    1: failed: the peer rejected the message (RST)
		400  > end`},
	{"RST", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > from a RST 0.00 m1
		0.1  1: failed: the peer rejected the message (RST)
		0.2  > from a RST 0.00 m1
		0.2  1: unmatched: the exchange had already failed
		1    > send 2 NON
		1    2: NON request 1/1 to a
		1.1  > from a RST 0.00 m2
		1.1  2: failed: the peer rejected the message (RST)
		400  > end`},
	{"deduplication ends with EXCHANGE_LIFETIME", nil, `
		0      > send 1 CON open
		0      1: CON request 1/5 to a, next 2
		0.1    > from a ACK 2.05 m1 t1
		0.1    1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1      > from a CON 2.05 77 t1 6=05
		1      ACK 77 to a
		1      1: response 2.05 separate no. 2 from a after 1, 1 sent
		247.9  > from a CON 2.05 77 t1 6=05
		247.9  ACK 77 to a
		247.9  1: duplicate of frame 2
		248    > from a CON 2.05 77 t1 6=06
		248    ACK 77 to a
		248    1: response 2.05 separate no. 3 from a after 248, 1 sent
		249    > from a CON 2.05 77 t1 6=07
		249    ACK 77 to a
		249    1: duplicate that differs of frame 4
		250    > cancel 1
		250    1: failed: cancelled
		800    > end`},
	{"deduplication of NON ends with NON_LIFETIME", nil, `
		0      > send 1 NON open
		0      1: NON request 1/1 to a
		1      > from a NON 2.05 77 t1 6=05
		1      1: response 2.05 separate no. 1 from a after 1, 1 sent
		145.9  > from a NON 2.05 77 t1 6=05
		145.9  1: duplicate of frame 1
		146    > from a NON 2.05 77 t1 6=06
		146    1: response 2.05 separate no. 2 from a after 146, 1 sent
		147    > cancel 1
		147    1: failed: cancelled
		800    > end`},
	{"ping", nil, `
		0    > ping 1
		0    1: CON ping 1/5 to a, next 2
		2    1: CON ping 2/5 to a, next 6
		2.5  > from a RST 0.00 m1
		2.5  1: pong RST after 2.5
		3    > ping 2
		3    2: CON ping 1/5 to a, next 5
		3.5  > from a ACK 0.00 m2
		3.5  2: pong ACK after 0.5
		400  > end`},
	{"ping with parameters of its own", nil, `
		0    > ping 1 ack=5 retransmit=1
		0    1: CON ping 1/2 to a, next 5
		5    1: CON ping 2/2 to a, next 15
		15   1: failed: no acknowledgement: sent 2 times in 15 s (RFC 7252 §4.2)
		400  > end`},
	{"ping by the peer", nil, `
		0    > from a CON 0.00 77
		0    RST 77 to a
		0    0: unmatched: the peer pings
		1    > from a CON 0.00 77
		1    RST 77 to a
		1    0: duplicate of frame 1
		400  > end`},
	{"malformed CON: RST; malformed NON, ACK and RST: silence", nil, `
		0    > bytes a 4001004dff
		0    RST 77 to a
		0    malformed: payload marker without payload
		0    > bytes a 5001004dff
		0    malformed: payload marker without payload
		0    > bytes a 6001004dff
		0    malformed: payload marker without payload
		0    > bytes a 7000004d01
		0    malformed: Empty message with bytes after the message ID
		0    > bytes a 4000004d01
		0    RST 77 to a
		0    malformed: Empty message with bytes after the message ID
		0    > bytes a 8001004d
		0    malformed: version is not 1
		0    > bytes a 4001
		0    malformed: shorter than the header of 4 bytes
		0    > end`},
	{"messages that nothing asked for", nil, `
		0    > from a CON 0.01 1 aa
		0    RST 1 to a
		0    0: unmatched: a request, but this endpoint is a client
		0    > from a NON 0.01 2 aa
		0    0: unmatched: a request, but this endpoint is a client
		0    > from a CON 2.05 3 aa
		0    RST 3 to a
		0    0: unmatched: matches no message ID or token in use with this endpoint
		0    > from a NON 2.05 4 aa
		0    0: unmatched: matches no message ID or token in use with this endpoint
		0    > from a CON 7.01 5
		0    RST 5 to a
		0    0: unmatched: the code is of a reserved class
		0    > from a NON 1.01 6
		0    0: unmatched: the code is of a reserved class
		0    > from a NON 0.00 7
		0    0: unmatched: this type does not carry this code
		0    > from a ACK 2.05 8 aa
		0    0: unmatched: matches no message ID or token in use with this endpoint
		0    > from a ACK 0.01 9 aa
		0    0: unmatched: this type does not carry this code
		0    > from a ACK 6.00 9
		0    0: unmatched: the code is of a reserved class
		0    > from a RST 0.00 10
		0    0: unmatched: matches no message ID or token in use with this endpoint
		0    > from a RST 2.05 11
		0    0: unmatched: this type does not carry this code
		0    > from a CON 2.05 12 aa group
		0    0: unmatched: matches no message ID or token in use with this endpoint
		400  > end`},
	{"another port is another endpoint", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > from a2 ACK 2.05 m1 t1
		0.1  0: unmatched: matches no message ID or token in use with this endpoint
		0.2  > from a2 CON 2.05 77 t1
		0.2  RST 77 to a2
		0.2  0: unmatched: matches no message ID or token in use with this endpoint
		0.3  > from a ACK 2.05 m1 bb
		0.3  1: unmatched: the token is not that of the request with this message ID
		0.4  > from a ACK 2.05 m1 t1
		0.4  1: response 2.05 piggybacked after 0.4, 1 sent
		400  > end`},
	{"critical option", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > from a CON 2.05 77 t1 65001=00
		0.1  RST 77 to a
		0.1  1: unmatched: a critical option is not recognised
		0.1  1: failed: response rejected: critical option 65001 (65001) is not known (RFC 7252 §5.4.1)
		1    > send 2 CON
		1    2: CON request 1/5 to a, next 3
		1.1  > from a ACK 2.05 m2 t2 11=61
		1.1  2: unmatched: a critical option is not recognised
		1.1  2: failed: response rejected: critical option Uri-Path (11) has no meaning in a response (RFC 7252 §5.4.1)
		2    > send 3 NON
		2    3: NON request 1/1 to a
		2.1  > from a NON 2.05 78 t3 23=00 23=00
		2.1  3: unmatched: a critical option is not recognised
		2.1  3: failed: response rejected: critical option Block2 (23) occurs more than once (RFC 7252 §5.4.1)
		3    > send 4 NON
		3    4: NON request 1/1 to a
		3.1  > from a NON 2.05 79 t4 65000=00 12=00
		3.1  4: response 2.05 separate after 0.1, 1 sent
		400  > end`},
}
