package exchange

// RFC 7252 §2 and §5.2–5.3: requests and their responses.
var responseStories = []story{
	{"Figure 2: a CON is acknowledged", nil, `
		0   > ping 1
		0   1: CON ping 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: pong ACK after 0.1
		400 > end`},
	{"Figure 3: a NON is not acknowledged", nil, `
		0   > send 1 NON timeout 5
		0   1: NON request 1/1 to a
		5   1: failed: no response within 5s
		400 > end`},
	{"Figure 4: two GETs with piggybacked responses, one found and one not", nil, `
		0   > send 1 CON mid 48274 token 71
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 48274 71
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		1   > send 2 CON mid 48275 token 72
		1   2: CON request 1/5 to a, next 3
		1.1 > from a ACK 4.04 48275 72
		1.1 2: response 4.04 piggybacked after 0.1, 1 sent
		400 > end`},
	{"Figure 5: a GET with a separate response", nil, `
		0   > send 1 CON mid 31264 token 73
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 31264
		0.1 1: acknowledged after 0.1
		3   > from a CON 2.05 42917 73
		3   ACK 42917 to a
		3   1: response 2.05 separate after 3, 1 sent
		400 > end`},
	{"Figure 6: request and response in NONs", nil, `
		0   > send 1 NON mid 31264 token 74
		0   1: NON request 1/1 to a
		0.2 > from a NON 2.05 42918 74
		0.2 1: response 2.05 separate after 0.2, 1 sent
		400 > end`},
	{"Figure 16: piggybacked response, empty token", nil, `
		0   > send 1 CON mid 32052 tokens=empty
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 32052
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"Figure 17: piggybacked response, token of one byte", nil, `
		0   > send 1 CON mid 32053 token 20
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 32053 20
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"Figure 18: the request is lost and retransmitted", nil, `
		0   > send 1 CON mid 32054 token 31
		0   1: CON request 1/5 to a, next 2
		2   1: CON request 2/5 to a, next 6
		2.1 > from a ACK 2.05 32054 31
		2.1 1: response 2.05 piggybacked after 2.1, 2 sent
		400 > end`},
	{"Figure 19: the piggybacked response is lost; the retransmission has it again", nil, `
		0   > send 1 CON mid 32055 token 42
		0   1: CON request 1/5 to a, next 2
		# the ACK that is sent at 0.1 is lost
		2   1: CON request 2/5 to a, next 6
		2.1 > from a ACK 2.05 32055 42
		2.1 1: response 2.05 piggybacked after 2.1, 2 sent
		400 > end`},
	{"Figure 20: separate response", nil, `
		0   > send 1 CON mid 32056 token 53
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 32056
		0.1 1: acknowledged after 0.1
		2   > from a CON 2.05 44411 53
		2   ACK 44411 to a
		2   1: response 2.05 separate after 2, 1 sent
		400 > end`},
	{"Figure 20: the separate response overtakes the ACK, which it stands for", nil, `
		0   > send 1 CON mid 32056 token 53
		0   1: CON request 1/5 to a, next 2
		0.1 > from a CON 2.05 44411 53
		0.1 ACK 44411 to a
		0.1 1: response 2.05 separate after 0.1, 1 sent
		0.2 > from a ACK 0.00 32056
		0.2 1: unmatched: the exchange was already answered
		400 > end`},
	{"Figure 21: a client without state ignores the ACK and rejects the response", nil, `
		0   > from a ACK 0.00 32057
		0   0: unmatched: matches no message ID or token in use with this endpoint
		1   > from a CON 2.05 44412 64
		1   RST 44412 to a
		1   0: unmatched: matches no message ID or token in use with this endpoint
		400 > end`},
	{"Figure 22: NON request, NON response", nil, `
		0   > send 1 NON mid 32064 token 75
		0   1: NON request 1/1 to a
		0.1 > from a NON 2.05 44413 75
		0.1 1: response 2.05 separate after 0.1, 1 sent
		400 > end`},
	{"Figure 23: multicast, one response of three is lost", nil, `
		0   > send 1 NON multicast mid 32065 token 86
		0   1: NON request 1/1 to group
		0.5 > from a NON 2.05 24753 86
		0.5 1: response 2.05 separate no. 1 from a after 0.5, 1 sent
		# that of a2 is lost
		1.5 > from b NON 4.04 38186 86
		1.5 1: response 4.04 separate no. 2 from b after 1.5, 1 sent
		207 1: collected 2
		400 > end`},
	{"§5.2.1: a piggybacked response is one whether it tells of success or not", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 5.03 m1 t1
		0.1 1: response 5.03 piggybacked after 0.1, 1 sent
		400 > end`},
	{"§5.2.2: after the Empty ACK a server must not piggyback; if it does, that is the response all the same", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		2   > from a ACK 2.05 m1 t1
		2   1: response 2.05 piggybacked after 2, 1 sent
		400 > end`},
	{"§5.2.2: the Empty ACK is lost, and another one follows the retransmission", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		2   1: CON request 2/5 to a, next 6
		2.1 > from a ACK 0.00 m1
		2.1 1: acknowledged after 2.1
		2.2 > from a ACK 0.00 m1
		2.2 1: duplicate of frame 1
		4   > from a CON 2.05 77 t1
		4   ACK 77 to a
		4   1: response 2.05 separate after 4, 2 sent
		400 > end`},
	{"§5.2.2: the separate response ends the retransmissions; the late ACK changes nothing", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		2   1: CON request 2/5 to a, next 6
		2.5 > from a NON 2.05 77 t1
		2.5 1: response 2.05 separate after 2.5, 2 sent
		3   > from a ACK 0.00 m1
		3   1: unmatched: the exchange was already answered
		400 > end`},
	{"§5.2.2: the server is destroyed after its ACK", nil, `
		0    > send 1 CON timeout 30
		0    1: CON request 1/5 to a, next 2
		0.5  > from a ACK 0.00 m1
		0.5  1: acknowledged after 0.5
		30.5 1: failed: acknowledged, but no response within 30s
		400  > end`},
	{"§5.2.3: NON response to a CON, after its ACK", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		1   > from a NON 2.05 77 t1
		1   1: response 2.05 separate after 1, 1 sent
		400 > end`},
	{"§5.2.3: NON response to a CON, before its ACK", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a NON 2.05 77 t1
		0.1 1: response 2.05 separate after 0.1, 1 sent
		0.2 > from a ACK 0.00 m1
		0.2 1: unmatched: the exchange was already answered
		400 > end`},
	{"§5.2.3: CON response to a NON", nil, `
		0   > send 1 NON
		0   1: NON request 1/1 to a
		0.1 > from a CON 2.05 77 t1
		0.1 ACK 77 to a
		0.1 1: response 2.05 separate after 0.1, 1 sent
		400 > end`},
	{"§5.3.1: two requests at once have tokens of their own, and their responses come in any order", nil, `
		0   > set nstart=2
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON
		0   2: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		0.1 > from a ACK 0.00 m2
		0.1 2: acknowledged after 0.1
		1   > from a NON 2.05 77 t2
		1   2: response 2.05 separate after 1, 1 sent
		2   > from a NON 4.04 78 t1
		2   1: response 4.04 separate after 2, 1 sent
		400 > end`},
	{"§5.3.1: the same token with another endpoint is another token", nil, `
		0   > send 1 CON token 01
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON to b token 01
		0   2: CON request 1/5 to b, next 2
		0.1 > from b ACK 2.05 m2 01
		0.1 2: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > from a ACK 4.04 m1 01
		0.2 1: response 4.04 piggybacked after 0.2, 1 sent
		400 > end`},
	{"§5.3.2, rule 1: a response comes from where the request went", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a2 ACK 2.05 m1 t1
		0.1 0: unmatched: matches no message ID or token in use with this endpoint
		0.2 > from b CON 2.05 77 t1
		0.2 RST 77 to b
		0.2 0: unmatched: matches no message ID or token in use with this endpoint
		0.3 > from a ACK 2.05 m1 t1
		0.3 1: response 2.05 piggybacked after 0.3, 1 sent
		400 > end`},
	{"§5.3.2, rule 2: piggybacked, message ID and token match", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 bb
		0.1 1: unmatched: the token is not that of the request with this message ID
		0.2 > from a ACK 2.05 4711 t1
		0.2 0: unmatched: matches no message ID or token in use with this endpoint
		0.3 > from a ACK 2.05 m1 t1
		0.3 1: response 2.05 piggybacked after 0.3, 1 sent
		400 > end`},
	{"§5.3.2, rule 2: separate, the token alone matches", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0.1 > from a NON 2.05 4711 bb
		0.1 0: unmatched: matches no message ID or token in use with this endpoint
		0.2 > from a CON 2.05 m1 bb
		0.2 RST 0 to a
		0.2 0: unmatched: matches no message ID or token in use with this endpoint
		0.3 > from a CON 2.05 78 t1
		0.3 ACK 78 to a
		0.3 1: response 2.05 separate after 0.3, 1 sent
		400 > end`},
	{"§5.3.2: an unexpected response is rejected: a CON with RST, a NON in silence", nil, `
		0   > from a CON 2.05 77 aa
		0   RST 77 to a
		0   0: unmatched: matches no message ID or token in use with this endpoint
		0   > from a NON 2.05 78 aa
		0   0: unmatched: matches no message ID or token in use with this endpoint
		400 > end`},
	{"lost ACK: the retransmission is answered by the same", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		2    1: CON request 2/5 to a, next 6
		2.1  > from a ACK 0.00 m1
		2.1  1: acknowledged after 2.1
		5    > from a CON 2.05 77 t1
		5    ACK 77 to a
		5    1: response 2.05 separate after 5, 2 sent
		400  > end`},
	{"lost separate response: the server retransmits", nil, `
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 0.00 m1
		0.1  1: acknowledged after 0.1
		# its first transmission at 3 is lost
		5.5  > from a CON 2.05 77 t1
		5.5  ACK 77 to a
		5.5  1: response 2.05 separate after 5.5, 1 sent
		400  > end`},
	{"multicast", nil, `
		0    > send 1 NON multicast timeout 10
		0    1: NON request 1/1 to group
		0.1  > from a NON 2.05 77 t1
		0.1  1: response 2.05 separate no. 1 from a after 0.1, 1 sent
		0.2  > from b CON 2.05 77 t1
		0.2  ACK 77 to b
		0.2  1: response 2.05 separate no. 2 from b after 0.2, 1 sent
		0.3  > from a NON 2.05 77 t1
		0.3  1: duplicate of frame 1
		0.4  > from a2 RST 0.00 m1
		0.4  1: unmatched: a reset in answer to a multicast request
		0.5  > from a NON 2.05 78 t1 65001=00
		0.5  1: unmatched: a critical option is not recognised
		10   1: collected 2
		11   > from b NON 2.05 78 t1
		11   1: unmatched: the time of the multicast request is over
		400  > end`},
	{"refused at once", nil, `
		0    > send 1 CON multicast
		0    1: failed: a multicast request must be Non-confirmable (RFC 7252 §8.1)
		0    > send 0 CON
		0    0: failed: the exchange ID is in use; take one from NextID
		0    > send 2 NON mid 7
		0    2: NON request 1/1 to a
		0    > send 3 CON mid 7
		0    3: failed: the message ID is in use with this endpoint until its EXCHANGE_LIFETIME ends (RFC 7252 §4.4)
		1    > cancel 2
		1    2: failed: cancelled
		145  > send 4 CON mid 7 token aa
		145  4: CON request 1/5 to a, next 147
		146  > from a ACK 2.05 7 aa
		146  4: response 2.05 piggybacked after 1, 1 sent
		500  > end`},
}
