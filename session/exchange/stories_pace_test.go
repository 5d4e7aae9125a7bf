package exchange

// RFC 7252 §4.7: NSTART and PROBING_RATE, and the parameters that can be set.
var paceStories = []story{
	{"NSTART counts a NON until it is answered", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0   > send 2 NON
		0   2: queued behind 0
		0.5 > from a NON 2.05 77 t1
		0.5 1: response 2.05 separate after 0.5, 1 sent
		0.5 2: NON request 1/1 to a
		0.6 > from a NON 2.05 78 t2
		0.6 2: response 2.05 separate after 0.1, 1 sent
		400 > end`},
	{"NSTART counts a NON no longer than ACK_TIMEOUT, so a CON waits no longer", nil, `
		0   > send 1 NON timeout 30
		0   1: NON request 1/1 to a
		0.5 > send 2 CON
		0.5 2: queued behind 0
		2   2: CON request 1/5 to a, next 4
		3   > from a ACK 2.05 m2 t2
		3   2: response 2.05 piggybacked after 1, 1 sent
		30  1: failed: no response within 30s
		400 > end`},
	{"NSTART counts a NON that is cancelled, reset or unreachable no more", nil, `
		0   > send 1 NON probing=0
		0   1: NON request 1/1 to a
		0   > send 2 NON probing=0
		0   2: queued behind 0
		0   > send 3 NON probing=0
		0   3: queued behind 1
		0   > send 4 CON
		0   4: queued behind 2
		0.1 > cancel 1
		0.1 1: failed: cancelled
		0.1 2: NON request 1/1 to a
		0.2 > from a RST 0.00 m2
		0.2 2: failed: the peer rejected the message (RST)
		0.2 3: NON request 1/1 to a
		0.3 > unreachable 3
		0.3 3: failed: unreachable: port unreachable
		0.3 4: CON request 1/5 to a, next 2.3
		0.4 > from a ACK 2.05 m4 t4
		0.4 4: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"PROBING_RATE: 8 bytes in vain are paid with 8 seconds", nil, `
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 3
		0   2: queued behind 0
		0   > send 3 NON timeout 3
		0   3: queued behind 1
		2   2: waits for PROBING_RATE: the endpoint is silent until 8
		3   1: failed: no response within 3s
		8   2: NON request 1/1 to a
		10  3: waits for PROBING_RATE: the endpoint is silent until 16
		11  2: failed: no response within 3s
		16  3: NON request 1/1 to a
		19  3: failed: no response within 3s
		400 > end`},
	{"PROBING_RATE: whatever the endpoint sends settles that", nil, `
		0   > send 1 NON timeout 30
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 30
		0   2: queued behind 0
		2   2: waits for PROBING_RATE: the endpoint is silent until 8
		5   > from a CON 0.00 77
		5   RST 77 to a
		5   0: unmatched: the peer pings
		5   2: NON request 1/1 to a
		6   > from a NON 2.05 78 t2
		6   2: response 2.05 separate after 1, 1 sent
		30  1: failed: no response within 30s
		400 > end`},
	{"PROBING_RATE: an endpoint that was heard from after the NON owes nothing", nil, `
		0   > send 1 NON timeout 30
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 30
		0   2: queued behind 0
		1   > from a NON 2.05 77 aa
		1   0: unmatched: matches no message ID or token in use with this endpoint
		2   2: NON request 1/1 to a
		3   > from a NON 2.05 78 t2
		3   2: response 2.05 separate after 1, 1 sent
		30  1: failed: no response within 30s
		400 > end`},
	{"PROBING_RATE: an endpoint that fell silent", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0.1 > from a NON 2.05 77 t1
		0.1 1: response 2.05 separate after 0.1, 1 sent
		1   > send 2 NON timeout 3
		1   2: NON request 1/1 to a
		4   2: failed: no response within 3s
		5   > send 3 NON timeout 3
		5   3: waits for PROBING_RATE: the endpoint is silent until 9
		9   3: NON request 1/1 to a
		12  3: failed: no response within 3s
		400 > end`},
	{"PROBING_RATE: cancelling and sending again is no way around it", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0.5 > cancel 1
		0.5 1: failed: cancelled
		0.5 > send 2 NON timeout 1
		0.5 2: waits for PROBING_RATE: the endpoint is silent until 8
		8   2: NON request 1/1 to a
		9   2: failed: no response within 1s
		400 > end`},
	{"PROBING_RATE: a CON passes NONs that wait for it", nil, `
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		3   1: failed: no response within 3s
		3   > send 2 NON timeout 3
		3   2: waits for PROBING_RATE: the endpoint is silent until 8
		4   > send 3 CON
		4   3: CON request 1/5 to a, next 6
		4.5 > cancel 3
		4.5 3: failed: cancelled
		8   2: NON request 1/1 to a
		11  2: failed: no response within 3s
		400 > end`},
	{"PROBING_RATE: with NSTART 2 two may be on their way, and both are paid", nil, `
		0   > set nstart=2
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 3
		0   2: NON request 1/1 to a
		0   > send 3 NON timeout 3
		0   3: queued behind 0
		0   > send 4 NON timeout 3
		0   4: queued behind 1
		2   3: waits for PROBING_RATE: the endpoint is silent until 16
		3   2: failed: no response within 3s
		3   1: failed: no response within 3s
		16  3: NON request 1/1 to a
		16  4: NON request 1/1 to a
		19  4: failed: no response within 3s
		19  3: failed: no response within 3s
		400 > end`},
	{"PROBING_RATE 4: 8 bytes in 2 seconds; 0: no limit", nil, `
		0   > set of b probing=4
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 3 probing=0
		0   2: queued behind 0
		0   > send 3 NON to b timeout 3
		0   3: NON request 1/1 to b
		0   > send 4 NON to b timeout 3
		0   4: queued behind 0
		2   2: NON request 1/1 to a
		2   4: NON request 1/1 to b
		3   3: failed: no response within 3s
		3   1: failed: no response within 3s
		5   4: failed: no response within 3s
		5   2: failed: no response within 3s
		20  > unset of b
		400 > end`},
	{"PROBING_RATE raised while a NON waits", nil, `
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		0   > send 2 NON timeout 3
		0   2: queued behind 0
		2   2: waits for PROBING_RATE: the endpoint is silent until 8
		3   1: failed: no response within 3s
		3   > set probing=2
		3   2: waits for PROBING_RATE: the endpoint is silent until 4
		4   2: NON request 1/1 to a
		7   2: failed: no response within 3s
		400 > end`},
	{"PROBING_RATE: other endpoints are other endpoints", nil, `
		0   > send 1 NON timeout 1
		0   1: NON request 1/1 to a
		1   1: failed: no response within 1s
		1   > send 2 NON timeout 1
		1   2: waits for PROBING_RATE: the endpoint is silent until 8
		1   > send 3 NON to b timeout 1
		1   3: NON request 1/1 to b
		2   3: failed: no response within 1s
		8   2: NON request 1/1 to a
		9   2: failed: no response within 1s
		400 > end`},
	{"PROBING_RATE is remembered longer than NON_LIFETIME", nil, `
		0   > send 1 NON timeout 3 probing=0.04
		0   1: NON request 1/1 to a
		3   1: failed: no response within 3s
		140 > send 2 NON timeout 3 probing=0.04
		140 2: waits for PROBING_RATE: the endpoint is silent until 200
		200 2: NON request 1/1 to a
		203 2: failed: no response within 3s
		400 > end`},
	{"self-paced requests are held by nothing and hold nothing", nil, `
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		0   > send 2 NON selfpaced timeout 3
		0   2: NON request 1/1 to a
		0   > send 3 CON selfpaced
		0   3: CON request 1/5 to a, next 2
		0   > send 4 NON timeout 3
		0   4: queued behind 0
		0.1 > from a ACK 2.05 m3 t3
		0.1 3: response 2.05 piggybacked after 0.1, 1 sent
		2   4: NON request 1/1 to a
		3   1: failed: no response within 3s
		3   2: failed: no response within 3s
		5   4: failed: no response within 3s
		400 > end`},
	{"multicast requests are held by nothing: a group is no endpoint", nil, `
		0   > send 1 NON multicast timeout 5
		0   1: NON request 1/1 to group
		0   > send 2 NON multicast timeout 5
		0   2: NON request 1/1 to group
		5   1: collected 0
		5   2: collected 0
		400 > end`},
	{"NSTART of one endpoint, raised and taken back while requests wait", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON
		0   2: queued behind 0
		0   > send 3 CON
		0   3: queued behind 1
		0   > send 4 CON to b
		0   4: CON request 1/5 to b, next 2
		0   > send 5 CON to b
		0   5: queued behind 0
		1   > set of a nstart=2
		1   2: CON request 1/5 to a, next 3
		1.1 > unset of a
		1.2 > from a ACK 2.05 m1 t1
		1.2 1: response 2.05 piggybacked after 1.2, 1 sent
		1.3 > from a ACK 2.05 m2 t2
		1.3 2: response 2.05 piggybacked after 0.3, 1 sent
		1.3 3: CON request 1/5 to a, next 3.3
		1.4 > from a ACK 2.05 m3 t3
		1.4 3: response 2.05 piggybacked after 0.1, 1 sent
		1.5 > cancel 5
		1.5 5: failed: cancelled
		1.6 > cancel 4
		1.6 4: failed: cancelled
		400 > end`},
	{"NSTART of a request", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON nstart=2
		0   2: CON request 1/5 to a, next 2
		0   > send 3 CON
		0   3: queued behind 0
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > from a ACK 2.05 m2 t2
		0.2 2: response 2.05 piggybacked after 0.2, 1 sent
		0.2 3: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 2.05 m3 t3
		0.3 3: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"what is on its way keeps its plan when parameters change", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		1   > set ack=1 retransmit=1 nstart=2
		1   > send 2 CON
		1   2: CON request 1/2 to a, next 2
		2   1: CON request 2/5 to a, next 6
		2   2: CON request 2/2 to a, next 4
		4   2: failed: no acknowledgement: sent 2 times in 3 s (RFC 7252 §4.2)
		6   1: CON request 3/5 to a, next 14
		14  1: CON request 4/5 to a, next 30
		30  1: CON request 5/5 to a, next 62
		62  1: failed: no acknowledgement: sent 5 times in 62 s (RFC 7252 §4.2)
		400 > end`},
	{"parameters of a request, of its endpoint, of all", nil, `
		0   > set ack=3 retransmit=1
		0   > set of b ack=5 retransmit=1
		0   > send 1 CON
		0   1: CON request 1/2 to a, next 3
		0   > send 2 CON to b
		0   2: CON request 1/2 to b, next 5
		0   > send 3 CON to a2 ack=7 retransmit=1
		0   3: CON request 1/2 to a2, next 7
		3   1: CON request 2/2 to a, next 9
		5   2: CON request 2/2 to b, next 15
		7   3: CON request 2/2 to a2, next 21
		9   1: failed: no acknowledgement: sent 2 times in 9 s (RFC 7252 §4.2)
		15  2: failed: no acknowledgement: sent 2 times in 15 s (RFC 7252 §4.2)
		21  3: failed: no acknowledgement: sent 2 times in 21 s (RFC 7252 §4.2)
		100 > unset of b
		400 > end`},
	{"NSTART: requests wait in order, acknowledged ones do not count, other peers do not wait", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0    > send 2 CON
		0    2: queued behind 0
		0    > send 3 CON
		0    3: queued behind 1
		0    > send 4 CON
		0    4: queued behind 2
		0    > send 5 CON to b
		0    5: CON request 1/5 to b, next 2
		0    > send 6 NON
		0    6: queued behind 3
		0.1  > from b ACK 2.05 m5 t5
		0.1  5: response 2.05 piggybacked after 0.1, 1 sent
		0.2  > from a ACK 0.00 m1
		0.2  1: acknowledged after 0.2
		0.2  2: CON request 1/5 to a, next 2.2
		0.3  > cancel 3
		0.3  3: failed: cancelled
		0.4  > from a RST 0.00 m2
		0.4  2: failed: the peer rejected the message (RST)
		0.4  4: CON request 1/5 to a, next 2.4
		0.5  > from a CON 2.05 77 t4
		0.5  ACK 77 to a
		0.5  4: response 2.05 separate after 0.1, 1 sent
		0.5  6: NON request 1/1 to a
		0.6  > from a CON 2.05 78 t1
		0.6  ACK 78 to a
		0.6  1: response 2.05 separate after 0.6, 1 sent
		0.7  > from a NON 2.05 79 t6
		0.7  6: response 2.05 separate after 0.2, 1 sent
		500  > end`},
	{"NSTART 2, and giving up makes room", nil, `
		0    > set nstart=2
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0    > send 2 CON
		0    2: CON request 1/5 to a, next 2
		0    > send 3 CON
		0    3: queued behind 0
		1    > cancel 1
		1    1: failed: cancelled
		1    3: CON request 1/5 to a, next 3
		1.1  > from a ACK 2.05 m1 t1
		1.1  1: unmatched: the exchange was cancelled
		1.2  > from a ACK 2.05 m2 t2
		1.2  2: response 2.05 piggybacked after 1.2, 1 sent
		1.3  > from a ACK 2.05 m3 t3
		1.3  3: response 2.05 piggybacked after 0.3, 1 sent
		400  > end`},
	{"NSTART raised while CONs wait", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0    > send 2 CON
		0    2: queued behind 0
		0    > send 3 CON
		0    3: queued behind 1
		1    > set nstart=2
		1    2: CON request 1/5 to a, next 3
		1.1  > from a RST 0.00 m1
		1.1  1: failed: the peer rejected the message (RST)
		1.1  3: CON request 1/5 to a, next 3.1
		1.2  > cancel 2
		1.2  2: failed: cancelled
		1.2  > cancel 3
		1.2  3: failed: cancelled
		400  > end`},
}
