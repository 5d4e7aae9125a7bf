package exchange

// Message IDs and tokens: RFC 7252 §4.4, §5.3.1, RFC 8974 §2.2.
var identifiersStories = []story{
	{"message IDs: sequential from a random one on, for each endpoint", nil, `
		0   > show
		0   > send 1 CON
		0   1: message ID 0, token 00000002
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > send 2 CON
		0.2 2: message ID 1, token 00000004
		0.2 2: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 2.05 m2 t2
		0.3 2: response 2.05 piggybacked after 0.1, 1 sent
		0.3 > send 3 CON to b
		0.3 3: message ID 0, token 00000007
		0.3 3: CON request 1/5 to b, next 2.3
		0.4 > from b ACK 2.05 m3 t3
		0.4 3: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"message IDs: random", &steps{by: 0x1111111111111111}, `
		0   > show
		0   > set mids=random
		0   > send 1 CON
		0   1: message ID 4369, token 22222222
		0   1: CON request 1/5 to a, next 2.2
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > send 2 CON
		0.2 2: message ID 17476, token 55555555
		0.2 2: CON request 1/5 to a, next 2.6
		0.3 > from a ACK 2.05 m2 t2
		0.3 2: response 2.05 piggybacked after 0.1, 1 sent
		0.4 > send 3 CON
		0.4 3: message ID 30583, token 88888888
		0.4 3: CON request 1/5 to a, next 3
		0.5 > from a ACK 2.05 m3 t3
		0.5 3: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"tokens: sequential, of two bytes", nil, `
		0   > show
		0   > set tokens=sequential length=2
		0   > send 1 CON
		0   1: message ID 0, token 0001
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON to b
		0   2: message ID 0, token 0002
		0   2: CON request 1/5 to b, next 2
		0   > send 3 CON to b token 0003
		0   3: queued behind 0
		0.1 > from b ACK 2.05 m2 t2
		0.1 2: response 2.05 piggybacked after 0.1, 1 sent
		0.1 3: message ID 1, token 0003
		0.1 3: CON request 1/5 to b, next 2.1
		0.1 > send 4 CON to b
		0.1 4: queued behind 0
		0.2 > from b ACK 2.05 m3 t3
		0.2 3: response 2.05 piggybacked after 0.1, 1 sent
		0.2 4: message ID 2, token 0004
		0.2 4: CON request 1/5 to b, next 2.2
		0.3 > from b ACK 2.05 m4 t4
		0.3 4: response 2.05 piggybacked after 0.1, 1 sent
		0.4 > from a ACK 2.05 m1 t1
		0.4 1: response 2.05 piggybacked after 0.4, 1 sent
		400 > end`},
	{"tokens: empty, one after the other", nil, `
		0   > show
		0   > set tokens=empty
		0   > send 1 CON
		0   1: message ID 0, token 
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > send 2 CON
		0.2 2: message ID 1, token 
		0.2 2: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 2.05 m2
		0.3 2: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"tokens: empty for one open exchange with an endpoint, random for others (RFC 7252 §5.3.1)", nil, `
		0   > show
		0   > set tokens=empty length=1
		0   > send 1 CON open
		0   1: message ID 0, token 
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 2.05 m1 6=01
		0.1 1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		0.2 > send 2 CON
		0.2 2: message ID 1, token 00
		0.2 2: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 2.05 m2 t2
		0.3 2: response 2.05 piggybacked after 0.1, 1 sent
		0.4 > send 3 CON to b
		0.4 3: message ID 0, token 
		0.4 3: CON request 1/5 to b, next 2.4
		0.5 > from b ACK 2.05 m3
		0.5 3: response 2.05 piggybacked after 0.1, 1 sent
		0.6 > cancel 1
		0.6 1: failed: cancelled
		0.7 > send 4 CON
		0.7 4: message ID 2, token 
		0.7 4: CON request 1/5 to a, next 2.7
		0.8 > from a ACK 2.05 m4
		0.8 4: response 2.05 piggybacked after 0.1, 1 sent
		0.9 > send 5 NON multicast timeout 5
		0.9 5: message ID 3, token 00
		0.9 5: NON request 1/1 to group
		5.9 5: collected 0
		400 > end`},
	{"tokens: fixed empty, twice: the newest has the response", nil, `
		0   > send 1 CON token t9
		0   1: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 m1
		0.1 1: acknowledged after 0.1
		0.2 > send 2 CON token t9
		0.2 2: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 0.00 m2
		0.3 2: acknowledged after 0.1
		1   > from a NON 2.05 77
		1   2: response 2.05 separate after 0.8, 1 sent
		2   > from a NON 2.05 78
		2   1: response 2.05 separate after 2, 1 sent
		400 > end`},
	{"policies of a request, of its endpoint, of all", nil, `
		0   > show
		0   > set tokens=sequential length=1
		0   > set of b tokens=sequential length=3
		0   > send 1 CON
		0   1: message ID 0, token 01
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON to b
		0   2: message ID 0, token 000002
		0   2: CON request 1/5 to b, next 2
		0   > send 3 CON to a2 tokens=sequential length=5
		0   3: message ID 0, token 0000000003
		0   3: CON request 1/5 to a2, next 2
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.1 > from b ACK 2.05 m2 t2
		0.1 2: response 2.05 piggybacked after 0.1, 1 sent
		0.1 > from a2 ACK 2.05 m3 t3
		0.1 3: response 2.05 piggybacked after 0.1, 1 sent
		0.2 > unset of b
		0.2 > send 4 CON to b
		0.2 4: message ID 1, token 04
		0.2 4: CON request 1/5 to b, next 2.2
		0.3 > from b ACK 2.05 m4 t4
		0.3 4: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"a message ID that is in use is sent again if that is asked for; the newest has its Empty ACK", nil, `
		0   > set nstart=2
		0   > send 1 CON mid 7
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON mid 7
		0   2: failed: the message ID is in use with this endpoint until its EXCHANGE_LIFETIME ends (RFC 7252 §4.4)
		0   > send 3 CON mid 7 reuse
		0   3: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 7
		0.1 3: acknowledged after 0.1
		0.2 > from a ACK 2.05 7 t1
		0.2 1: response 2.05 piggybacked after 0.2, 1 sent
		0.3 > from a NON 2.05 77 t3
		0.3 3: response 2.05 separate after 0.3, 1 sent
		400 > end`},
	{"a message ID that is used again: its Empty ACK is not that of an older request with the empty token", nil, `
		0   > set nstart=2
		0   > send 1 CON mid 7 token t9
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON mid 7 reuse token aa
		0   2: CON request 1/5 to a, next 2
		0.1 > from a ACK 0.00 7
		0.1 2: acknowledged after 0.1
		0.2 > from a ACK 2.05 7
		0.2 1: response 2.05 piggybacked after 0.2, 1 sent
		0.3 > from a NON 2.05 77 aa
		0.3 2: response 2.05 separate after 0.3, 1 sent
		400 > end`},
	{"a fixed message ID that was free when the request was queued, but is not when its turn comes", nil, `
		0   > send 1 CON
		0   1: CON request 1/5 to a, next 2
		0   > send 2 CON mid 7
		0   2: queued behind 0
		0   > send 3 CON mid 7
		0   3: queued behind 1
		0   > send 4 CON
		0   4: queued behind 2
		0.1 > from a ACK 2.05 m1 t1
		0.1 1: response 2.05 piggybacked after 0.1, 1 sent
		0.1 2: CON request 1/5 to a, next 2.1
		0.2 > from a ACK 2.05 7 t2
		0.2 2: response 2.05 piggybacked after 0.1, 1 sent
		0.2 3: failed: the message ID is in use with this endpoint until its EXCHANGE_LIFETIME ends (RFC 7252 §4.4)
		0.2 4: CON request 1/5 to a, next 2.2
		0.3 > from a ACK 2.05 m4 t4
		0.3 4: response 2.05 piggybacked after 0.1, 1 sent
		400 > end`},
	{"RFC 8974 §2.2.2, Figure 3: a long token is rejected; the request goes again with a short one", nil, `
		0      > show
		0      > set tokens=sequential length=20
		0      > send 1 CON
		0      1: message ID 0, token 0000000000000000000000000000000000000001
		0      1: CON request 1/5 to a, next 2
		0.1    > from a RST 0.00 m1
		0.1    1: token shortened from 20 to 8
		0.1    1: message ID 1, token 0000000000000002
		0.1    1: CON request 1/5 to a, next 2.1
		0.2    > from a ACK 2.05 m1 t1
		0.2    1: response 2.05 piggybacked after 0.1, 1 sent
		1      > send 2 CON
		1      2: message ID 2, token 0000000000000003
		1      2: CON request 1/5 to a, next 3
		1.1    > from a ACK 2.05 m2 t2
		1.1    2: response 2.05 piggybacked after 0.1, 1 sent
		# what is known of an endpoint is relied on for 1800 s
		1900   > send 3 CON
		1900   3: message ID 0, token 0000000000000000000000000000000000000004
		1900   3: CON request 1/5 to a, next 1902
		1900.1 > from a RST 0.00 m3
		1900.1 3: token shortened from 20 to 8
		1900.1 3: message ID 1, token 0000000000000005
		1900.1 3: CON request 1/5 to a, next 1902.1
		1900.2 > from a ACK 2.05 m3 t3
		1900.2 3: response 2.05 piggybacked after 0.1, 1 sent
		6000   > end`},
	{"RFC 8974 §2.2.2: the fall-back keeps its turn, and its time counts anew", nil, `
		0    > set tokens=sequential length=20
		0    > send 1 CON
		0    1: CON request 1/5 to a, next 2
		0    > send 2 CON
		0    2: queued behind 0
		1    > from a RST 0.00 m1
		1    1: token shortened from 20 to 8
		1    1: CON request 1/5 to a, next 3
		3    1: CON request 2/5 to a, next 7
		3.5  > from a ACK 2.05 m1 t1
		3.5  1: response 2.05 piggybacked after 2.5, 2 sent
		3.5  2: CON request 1/5 to a, next 5.5
		3.6  > from a ACK 2.05 m2 t2
		3.6  2: response 2.05 piggybacked after 0.1, 1 sent
		6000 > end`},
	{"RFC 8974 §2.2.2: a response to a long token shows that the endpoint has them: NONs have them now", nil, `
		0    > show
		0    > set tokens=sequential length=9
		0    > send 1 NON
		0    1: message ID 0, token 0000000000000001
		0    1: NON request 1/1 to a
		0.1  > from a NON 2.05 77 t1
		0.1  1: response 2.05 separate after 0.1, 1 sent
		1    > send 2 CON
		1    2: message ID 1, token 000000000000000002
		1    2: CON request 1/5 to a, next 3
		1.1  > from a ACK 5.03 m2 t2
		1.1  2: response 5.03 piggybacked after 0.1, 1 sent
		2    > send 3 NON
		2    3: message ID 2, token 000000000000000003
		2    3: NON request 1/1 to a
		2.1  > from a NON 2.05 78 t3
		2.1  3: response 2.05 separate after 0.1, 1 sent
		3    > send 4 CON
		3    4: message ID 3, token 000000000000000004
		3    4: CON request 1/5 to a, next 5
		3.1  > from a RST 0.00 m4
		3.1  4: failed: the peer rejected the message (RST)
		6000 > end`},
	{"RFC 8974 §2.2.2: the short token is rejected too, so its length was not the reason", nil, `
		0    > show
		0    > set tokens=sequential length=9
		0    > send 1 CON
		0    1: message ID 0, token 000000000000000001
		0    1: CON request 1/5 to a, next 2
		0.1  > from a RST 0.00 m1
		0.1  1: token shortened from 9 to 8
		0.1  1: message ID 1, token 0000000000000002
		0.1  1: CON request 1/5 to a, next 2.1
		0.2  > from a RST 0.00 m1
		0.2  1: failed: the peer rejected the message (RST)
		1    > send 2 CON
		1    2: message ID 2, token 000000000000000003
		1    2: CON request 1/5 to a, next 3
		1.1  > from a ACK 2.05 m2 t2
		1.1  2: response 2.05 piggybacked after 0.1, 1 sent
		6000 > end`},
	{"RFC 8974 §2.2.2: silence is no rejection", nil, `
		0   > set tokens=sequential length=9 retransmit=1
		0   > send 1 CON
		0   1: CON request 1/2 to a, next 2
		2   1: CON request 2/2 to a, next 6
		6   1: failed: no acknowledgement: sent 2 times in 6 s (RFC 7252 §4.2)
		400 > end`},
	{"RFC 8974 §2.2.2: a fixed token is not changed, and the failure says so", nil, `
		0   > send 1 CON token 000102030405060708
		0   1: CON request 1/5 to a, next 2
		0.1 > from a RST 0.00 m1
		0.1 1: failed: the peer rejected the message (RST); its token, which is fixed, has more than 8 bytes, and an endpoint without RFC 8974 rejects those: try a shorter one (§2.2.2)
		1   > send 2 NON token 000102030405060708
		1   2: NON request 1/1 to a
		1.1 > from a RST 0.00 m2
		1.1 2: failed: the peer rejected the message (RST); its token, which is fixed, has more than 8 bytes, and an endpoint without RFC 8974 rejects those: try a shorter one (§2.2.2)
		400 > end`},
	{"RFC 8974 §2.2.2: an observation goes on with the short token, and a fixed message ID is not used again", nil, `
		0    > show
		0    > send 1 CON open mid 7 tokens=sequential length=9
		0    1: message ID 7, token 000000000000000001
		0    1: CON request 1/5 to a, next 2
		0.1  > from a RST 0.00 7
		0.1  1: token shortened from 9 to 8
		0.1  1: message ID 0, token 0000000000000002
		0.1  1: CON request 1/5 to a, next 2.1
		0.2  > from a ACK 2.05 m1 t1 6=01
		0.2  1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		5    > from a CON 2.05 77 t1 6=02
		5    ACK 77 to a
		5    1: response 2.05 separate no. 2 from a after 4.9, 1 sent
		6    > cancel 1
		6    1: failed: cancelled
		6000 > end`},
	{"RFC 8974: a multicast request has a short token of the machine's own, and a long one of the user's", nil, `
		0   > show
		0   > send 1 NON multicast timeout 5 tokens=sequential length=9
		0   1: message ID 0, token 0000000000000001
		0   1: NON request 1/1 to group
		1   > send 2 NON multicast token 000102030405060708 timeout 5
		1   2: message ID 1, token 000102030405060708
		1   2: NON request 1/1 to group
		1.1 > from b NON 2.05 77 t2
		1.1 2: response 2.05 separate no. 1 from b after 0.1, 1 sent
		5   1: collected 0
		6   2: collected 1
		400 > end`},
	{"the older exchange with a token has it back", nil, `
		0    > send 1 CON open
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 2.05 m1 t1 6=01
		0.1  1: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		5    > send 2 CON token t1
		5    2: CON request 1/5 to a, next 7
		5.1  > from a RST 0.00 m2
		5.1  2: failed: the peer rejected the message (RST)
		6    > from a NON 2.05 12 t1 6=02
		6    1: response 2.05 separate no. 2 from a after 6, 1 sent
		7    > cancel 1
		7    1: failed: cancelled
		900  > end`},
	{"RFC 8974 §2.2.2: what is known of an endpoint outlasts all that was sent to it; a RST that comes late means nothing", nil, `
		0      > show
		0      > set tokens=sequential length=9
		0      > send 1 CON
		0      1: message ID 0, token 000000000000000001
		0      1: CON request 1/5 to a, next 2
		0.1    > from a RST 0.00 0
		0.1    1: token shortened from 9 to 8
		0.1    1: message ID 1, token 0000000000000002
		0.1    1: CON request 1/5 to a, next 2.1
		0.2    > from a RST 0.00 0
		0.2    1: unmatched: the exchange had already failed
		0.3    > from a ACK 2.05 m1 t1
		0.3    1: response 2.05 piggybacked after 0.2, 1 sent
		# the endpoint is not in use for 21 minutes
		1500   > send 2 CON open
		1500   2: message ID 2, token 0000000000000003
		1500   2: CON request 1/5 to a, next 1502
		1500.1 > from a ACK 2.05 m2 t2 6=01
		1500.1 2: response 2.05 piggybacked no. 1 from a after 0.1, 1 sent
		# what is known is forgotten at 1800, but not the endpoint
		2500   > from a CON 2.05 77 t2 6=02
		2500   ACK 77 to a
		2500   2: response 2.05 separate no. 2 from a after 1000, 1 sent
		3000   > from a CON 2.05 78 t2 6=03
		3000   ACK 78 to a
		3000   2: response 2.05 separate no. 3 from a after 1500, 1 sent
		3001   > send 3 CON
		3001   3: message ID 3, token 000000000000000004
		3001   3: CON request 1/5 to a, next 3003
		3001.1 > from a ACK 2.05 m3 t3
		3001.1 3: response 2.05 piggybacked after 0.1, 1 sent
		3002   > cancel 2
		3002   2: failed: cancelled
		6000   > end`},
	{"RFC 8974: an endpoint that was sent no more than 8 bytes is not understood when it sends more", nil, `
		0    > send 1 NON token 0001020304050607 timeout 5
		0    1: NON request 1/1 to a
		1    > bytes a 5945004d000102030405060708
		1    malformed: token length 9 to 12 is reserved unless the endpoint has extended tokens
		5    1: failed: no response within 5s
		400  > end`},
	{"extended token of 10 bytes", nil, `
		0    > send 1 CON token 00112233445566778899
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 2.05 m1 00112233445566778899
		0.1  1: response 2.05 piggybacked after 0.1, 1 sent
		2000 > end`},
	{"empty token", nil, `
		0    > send 1 CON token t9 # exchange 9 is none, and so is its token
		0    1: CON request 1/5 to a, next 2
		0.1  > from a ACK 0.00 m1
		0.1  1: acknowledged after 0.1
		0.2  > from a NON 2.05 5
		0.2  1: response 2.05 separate after 0.2, 1 sent
		400  > end`},
}
