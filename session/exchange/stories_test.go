package exchange

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPlaybooks(t *testing.T) {
	for _, story := range []struct {
		name   string
		source rand.Source
		script string
	}{
		{"piggybacked response", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			0.1  > from a ACK 2.05 m1 t1
			0.1  1: response 2.05 piggybacked after 0.1, 1 sent
			400  > end`},
		{"lost request: retransmitted", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			2    1: CON request 2/5 to a, next 6
			2.1  > from a ACK 2.05 m1 t1
			2.1  1: response 2.05 piggybacked after 2.1, 2 sent
			400  > end`},
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
		{"lost ACK of a separate response: acknowledged again, not delivered again", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			0.1  > from a ACK 0.00 m1
			0.1  1: acknowledged after 0.1
			3    > from a CON 2.05 77 t1
			3    ACK 77 to a
			3    1: response 2.05 separate after 3, 1 sent
			5    > from a CON 2.05 77 t1
			5    ACK 77 to a
			5    1: duplicate of frame 2
			400  > end`},
		{"duplicate piggybacked response", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			2    1: CON request 2/5 to a, next 6
			2.1  > from a ACK 2.05 m1 t1
			2.1  1: response 2.05 piggybacked after 2.1, 2 sent
			2.2  > from a ACK 2.05 m1 t1
			2.2  1: duplicate of frame 1
			400  > end`},
		{"duplicate NON response: silence", nil, `
			0    > send 1 NON
			0    1: NON request 1/1 to a
			1    > from a NON 2.05 77 t1
			1    1: response 2.05 separate after 1, 1 sent
			1.1  > from a NON 2.05 77 t1
			1.1  1: duplicate of frame 1
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
		{"separate response before the ACK counts as the ACK", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			0.1  > from a CON 2.05 77 t1
			0.1  ACK 77 to a
			0.1  1: response 2.05 separate after 0.1, 1 sent
			0.2  > from a ACK 0.00 m1
			0.2  1: unmatched: the exchange was already answered
			400  > end`},
		{"exhaustion, and the ACK that is too late", nil, `
			0    > send 1 CON
			0    1: CON request 1/5 to a, next 2
			2    1: CON request 2/5 to a, next 6
			6    1: CON request 3/5 to a, next 14
			14   1: CON request 4/5 to a, next 30
			30   1: CON request 5/5 to a, next 62
			62   1: failed: no acknowledgement: sent 5 times in 1m2s (RFC 7252 §4.2)
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
			93   1: failed: no acknowledgement: sent 5 times in 1m33s (RFC 7252 §4.2)
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
		{"acknowledged, but never answered", nil, `
			0    > send 1 CON timeout 30
			0    1: CON request 1/5 to a, next 2
			0.5  > from a ACK 0.00 m1
			0.5  1: acknowledged after 0.5
			30.5 1: failed: acknowledged, but no response within 30s
			400  > end`},
		{"NON, never answered", nil, `
			0    > send 1 NON timeout 20
			0    1: NON request 1/1 to a
			20   1: failed: no response within 20s
			400  > end`},
		{"CON response to a NON request; an ACK for a NON means nothing", nil, `
			0    > send 1 NON
			0    1: NON request 1/1 to a
			0.1  > from a ACK 0.00 m1
			0.1  1: unmatched: this type does not carry this code
			0.2  > from a CON 2.05 77 t1
			0.2  ACK 77 to a
			0.2  1: response 2.05 separate after 0.2, 1 sent
			400  > end`},
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
	} {
		t.Run(story.name, func(t *testing.T) { play(t, story.source, story.script) })
	}
}
