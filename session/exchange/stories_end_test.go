package exchange

// How exchanges end: cancelled, unreachable, suppressed (RFC 7967), rejected.
var endStories = []story{
	{"cancelled while it waits for its turn", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON
		0   2: queued behind 0
		1   > cancel 2
		1   2: failed: cancelled
		1.1 > from a ACK 2.05 m1 t1
		1.1 1: response 2.05 piggybacked after 1.1, 1 sent
		400 > end`},
	{"cancelled while it waits for PROBING_RATE", nil, `
		0   > send 1 NON timeout 3
		0   1: NON request 1/1 to a
		3   1: failed: no response within 3s
		3   > send 2 NON
		3   2: waits for PROBING_RATE: the endpoint is silent until 8
		4   > cancel 2
		4   2: failed: cancelled
		400 > end`},
	{"cancelled while it is sent: the late response is rejected", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		1   > cancel 1
		1   1: failed: cancelled
		1.1 > from a ACK 0.00 m1
		1.1 1: unmatched: the exchange was cancelled
		2   > from a CON 2.05 77 t1
		2   RST 77 to a
		2   1: unmatched: the exchange was cancelled
		400 > end`},
	{"cancelled after its ACK", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		1   > cancel 1
		1   1: failed: cancelled
		2   > from a NON 2.05 77 t1
		2   1: unmatched: the exchange was cancelled
		400 > end`},
	{"cancelled between notifications: the next has a RST", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1   > cancel 1
		1   1: failed: cancelled
		2   > from a NON 2.05 77 t1 6=02
		2   RST 77 to a
		2   1: unmatched: the exchange was cancelled
		3   > from a NON 2.05 77 t1 6=02 # a NON that comes again is ignored (RFC 7252 §4.5)
		3   1: duplicate of frame 2
		400 > end`},
	{"cancelled while the peer lacks blocks of a body: what asks for them has a RST, another NON has none", nil, `
		0   > send 1 NON open
		0   1: NON request 1/1 to a
		1   > cancel 1
		1   1: failed: cancelled
		2   > from a NON 4.08 77 t1 12=0110
		2   RST 77 to a
		2   1: unmatched: the exchange was cancelled
		3   > from a NON 4.08 78 t1
		3   1: unmatched: the exchange was cancelled
		4   > from a NON 4.08 79 t1 12=32 # a diagnostic in JSON
		4   1: unmatched: the exchange was cancelled
		400 > end`},
	{"cancelled after its end: nothing", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		1   > cancel 1
		400 > end`},
	{"cancelled while responses to a multicast request come", nil, `
		0   > send 1 NON multicast
		0   1: NON request 1/1 to group
		0.1 > from a NON 2.05 77 t1
		0.1 1: response 2.05 separate no. 1 from a after 0.1, 1 sent
		1   > cancel 1
		1   1: failed: cancelled
		2   > from b NON 2.05 77 t1
		2   1: unmatched: the exchange was cancelled
		400 > end`},
	{"cancelled ping", nil, `
		0   > ping 1
		0   1: CON ping 1/5 to a, next 2
		1   > cancel 1
		1   1: failed: cancelled
		1.1 > from a RST 0.00 m1
		1.1 1: unmatched: the exchange was cancelled
		400 > end`},
	{"unreachable at every state: sent, acknowledged, ping, NON", nil, `
		0   > set nstart=9
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > unreachable 1
		0.1 1: failed: unreachable: port unreachable
		1   > send 2 CON
		1   2: CON request 1/5 to a, next 3
		1.1 > from a ACK 0.00 m2
		1.1 2: acknowledged after 0.1
		1.2 > unreachable 2 4
		1.2 2: failed: unreachable: port unreachable
		2   > ping 3
		2   3: CON ping 1/5 to a, next 4
		2.1 > unreachable 3 4
		2.1 3: failed: unreachable: port unreachable
		3   > send 4 NON
		3   4: NON request 1/1 to a
		3.1 > unreachable 4 8
		3.1 4: failed: unreachable: port unreachable
		400 > end`},
	{"unreachable after a response, or after the end, changes nothing", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1   > unreachable 1
		2   > from a NON 2.05 77 t1 6=02
		2   1: response 2.05 separate no. 2 from a after 2, 1 sent
		3   > cancel 1
		3   1: failed: cancelled
		4   > unreachable 1
		400 > end`},
	{"unreachable with less than a header is not believed", nil, `
		0   > send 1 NON timeout 5
		0   1: NON request 1/1 to a
		0.1 > unreachable 1 3
		0.2 > unreachable 1 0
		5   1: failed: no response within 5s
		400 > end`},
	{"unreachable for an ACK or RST changes nothing, even if a request has the same message ID", nil, `
		0   > send 1 CON mid 77 open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a CON 2.05 77 t1 6=01
		0.1 ACK 77 to a
		0.1 1: response 2.05 separate no. 1 from a after 0.1, 1 sent
		0.2 > unreachable answer
		0.3 > send 2 CON mid 78
		0.3 2: CON request 1/5 to a, next 2.3
		0.4 > from a CON 2.05 78 aa
		0.4 RST 78 to a
		0.4 0: unmatched: matches no message ID or token in use with this endpoint
		0.5 > unreachable answer
		0.6 > from a ACK 2.05 78 t2
		0.6 2: response 2.05 piggybacked after 0.3, 1 sent
		0.7 > cancel 1
		0.7 1: failed: cancelled
		500 > end`},
	{"unreachable after a retransmission", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		2   1: CON request 2/5 to a, next 6
		3   > unreachable 1
		3   1: failed: unreachable: port unreachable
		400 > end`},
	{"No-Response 26: a CON ends at its Empty ACK; the response that comes all the same is too late", nil, `
		0   > send 1 CON noresponse 26
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: suppressed, acknowledged after 0.1
		0.2 > from a NON 2.04 77 t1
		0.2 1: unmatched: the request asked for no response, and its time is over
		400 > end`},
	{"No-Response 26: a piggybacked response is one all the same", nil, `
		0   > send 1 CON noresponse 26
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.04 m1 t1
		0.1 1: response 2.04 piggybacked after 0.1, 1 sent
		400 > end`},
	{"No-Response 26: a NON ends at once, and what follows is paced: nothing comes back", nil, `
		0    > send 1 NON noresponse 26
		0    1: NON request 1/1 to a
		0    1: suppressed, not acknowledged
		0    > send 2 NON noresponse 26
		0    2: waits for PROBING_RATE: the endpoint is silent until 11
		11   2: NON request 1/1 to a
		11   2: suppressed, not acknowledged
		20   > send 3 CON
		20   3: CON request 1/5 to a, next 22
		20.1 > from a ACK 2.05 m3 t3
		20.1 3: response 2.05 piggybacked after 0.1, 1 sent
		400  > end`},
	{"No-Response 26: an endpoint that does not know the option answers", nil, `
		0   > send 1 NON noresponse 26
		0   1: NON request 1/1 to a
		0   1: suppressed, not acknowledged
		0.1 > from a NON 2.04 77 t1
		0.1 1: unmatched: the request asked for no response, and its time is over
		400 > end`},
	{"No-Response 26 of a multicast request", nil, `
		0   > send 1 NON multicast noresponse 26
		0   1: NON request 1/1 to group
		0   1: suppressed, not acknowledged
		400 > end`},
	{"No-Response 2: errors are of interest, so a NON waits for them until its timeout", nil, `
		0   > send 1 NON noresponse 2 timeout 10
		0   1: NON request 1/1 to a
		10  1: suppressed, not acknowledged
		10  > send 2 NON noresponse 2 timeout 10
		10  2: waits for PROBING_RATE: the endpoint is silent until 11
		11  2: NON request 1/1 to a
		11  > from a NON 4.04 77 t2
		11  2: response 4.04 separate after 0, 1 sent
		400 > end`},
	{"No-Response 24: a CON waits after its ACK", nil, `
		0    > send 1 CON noresponse 24 timeout 10
		0    1: CON request 1/5 to a, next 2
		0.3  > from a ACK 0.00 m1
		0.3  1: acknowledged after 0.3
		10.3 1: suppressed, acknowledged after 0.3
		400  > end`},
	{"No-Response 2: a CON that is not acknowledged has failed", nil, `
		0   > send 1 CON noresponse 2 retransmit=0
		0   1: CON request 1/1 to a, next 2
		2   1: failed: no acknowledgement: sent once in 2 s (RFC 7252 §4.2)
		400 > end`},
	{"No-Response 0, and bits of classes that no response has, suppress nothing", nil, `
		0   > send 1 NON noresponse 0 timeout 3 probing=0
		0   1: NON request 1/1 to a
		0   > send 2 NON noresponse 5 timeout 3 probing=0
		0   2: queued behind 0
		2   2: NON request 1/1 to a
		3   1: failed: no response within 3s
		5   2: failed: no response within 3s
		400 > end`},
	{"No-Response of a multicast request: its time is over as without", nil, `
		0   > send 1 NON multicast noresponse 2 timeout 5
		0   1: NON request 1/1 to group
		1   > from a NON 4.04 77 t1
		1   1: response 4.04 separate no. 1 from a after 1, 1 sent
		5   1: collected 1
		400 > end`},
	{"Reject: the next notification is answered with RST: a CON", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1   > reject 1
		2   > from a CON 2.05 77 t1 6=02
		2   RST 77 to a
		2   1: unmatched: rejected, as was asked for
		2   1: failed: the notification was rejected (RST), as was asked for
		4   > from a CON 2.05 77 t1 6=02
		4   RST 77 to a
		4   1: duplicate of frame 2
		400 > end`},
	{"Reject: the next notification is answered with RST: a NON", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1   > reject 1
		2   > from a NON 2.05 77 t1 6=02
		2   RST 77 to a
		2   1: unmatched: rejected, as was asked for
		2   1: failed: the notification was rejected (RST), as was asked for
		3   > from a NON 2.05 78 t1 6=03
		3   RST 78 to a
		3   1: unmatched: the exchange was cancelled
		400 > end`},
	{"Reject: no notification comes any more", nil, `
		0   > send 1 CON open
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		1   > reject 1
		50  > cancel 1
		50  1: failed: cancelled
		400 > end`},
	{"Reject of what is not kept open does nothing", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > reject 1
		0.1 > from a CON 2.05 77 t1
		0.1 ACK 77 to a
		0.1 1: response 2.05 separate after 0.1, 1 sent
		0.2 > reject 1
		0.3 > reject 9
		400 > end`},
	{"observation, cancelled: RST for notifications, CON and NON", nil, `
		0    > send 1 CON open
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 2.05 m1 t1 6=01
		0.1  1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		300  > from a CON 2.05 10 t1 6=02
		300  ACK 10 to a
		300  1: response 2.05 separate no. 2 from a after 300, 1 sent
		900  > from a NON 2.05 11 t1 6=03
		900  1: response 2.05 separate no. 3 from a after 900, 1 sent
		901  > cancel 1
		901  1: failed: cancelled
		902  > from a CON 2.05 12 t1 6=04
		902  RST 12 to a
		902  1: unmatched: the exchange was cancelled
		903  > from a CON 2.05 12 t1 6=04
		903  RST 12 to a
		903  1: duplicate of frame 4
		5000 > from a NON 2.05 13 t1 6=05
		5000 RST 13 to a
		5000 0: unmatched: matches no message ID or token in use with this endpoint
		6000 > end`},
	{"observation, cancelled with a request that has its token", nil, `
		0    > send 1 CON open
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 2.05 m1 t1 6=01
		0.1  1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		5    > send 2 CON token t1
		5    2: CON request 1/5 to a, next 7
		5    > cancel 1
		5    1: failed: cancelled
		5.1  > from a ACK 0.00 m2
		5.1  2: acknowledged after 0.1
		5.2  > from a CON 2.05 12 t1
		5.2  ACK 12 to a
		5.2  2: response 2.05 separate after 0.2, 1 sent
		500  > end`},
	{"unreachable", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > unreachable 1
		0.1  1: failed: unreachable: port unreachable
		0.2  > unreachable 1
		1    > send 2 NON multicast
		1    2: NON request 1/1 to group
		1    > unreachable 2
		1    2: failed: unreachable: port unreachable
		400  > end`},
}
