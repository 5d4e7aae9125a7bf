package session

import (
	"context"
	"net"
	"net/netip"
	"time"

	"coapscope/protocol"
	"coapscope/session/exchange"
	"coapscope/session/trace"
)

// GroupRequest is a request to many endpoints at once (RFC 7252 §8).
type GroupRequest struct {
	To  netip.AddrPort // a multicast group, or a broadcast address
	Via *net.Interface // by which a multicast request goes; nil for the choice of the system
	// HopLimit is how many links the request may cross, 1 to 255 (the TTL of IPv4); 0 for 1: it stays on the link.
	HopLimit int

	// Message is the request, which goes out as a NON. A token that is not empty is used as it is.
	Message protocol.Message

	Transmission *protocol.Transmission // as of [Request]
	Identifiers  *exchange.Identifiers

	FixedMessageID bool // the message has the message ID of Message
	ReuseMessageID bool // that it is in use with an endpoint does not matter

	Timeout time.Duration // to wait for responses; 0 for DEFAULT_LEISURE and MAX_RTT

	On func(Event) // as of [Request]
}

// GroupResponse is a response to a [GroupRequest], or its first block.
type GroupResponse struct {
	From    netip.AddrPort
	Message protocol.Message
	Frame   trace.Seq
	RTT     time.Duration // since the request was sent
	Late    bool          // it came when DEFAULT_LEISURE had passed (RFC 7252 §8.2)
	Nth     int           // 1 is the first response from this endpoint
	// Duplicate tells that the message is one that came before (RFC 7252 §4.5), the Nth from the endpoint.
	Duplicate bool
}

// DoGroup sends the request and calls each for every response until the time for them is over or the context
// ends, which is no error. It gives the frame of the request; 0 if it was not sent.
func (e *Engine) DoGroup(ctx context.Context, r GroupRequest, each func(GroupResponse)) (trace.Seq, error) {
	r.Message.Type = protocol.NonConfirmable
	q := newQueue()
	id, err := e.open(exchange.Send{
		To: r.To, Message: r.Message, Multicast: true, Timeout: r.Timeout,
		FixedToken: r.Message.Token.Len() > 0, FixedMessageID: r.FixedMessageID, ReuseMessageID: r.ReuseMessageID,
		Transmission: r.Transmission, Identifiers: r.Identifiers,
	}, &flow{queue: q, group: true, via: r.Via, hops: r.HopLimit})
	if err != nil {
		return 0, err
	}
	defer e.cancel(id)
	var result Response
	leisure := e.TransmissionOf(r.To).DefaultLeisure
	if r.Transmission != nil {
		leisure = r.Transmission.DefaultLeisure
	}
	came := make(map[netip.AddrPort][]trace.Seq)
	for {
		item, err := q.next(ctx)
		if err != nil {
			return result.Sent, nil
		}
		(&Request{On: r.On}).observe(item, &result)
		switch out := item.(type) {
		case exchange.Response:
			came[out.From] = append(came[out.From], trace.Seq(out.Frame))
			each(GroupResponse{
				From: out.From, Message: out.Message, Frame: trace.Seq(out.Frame), RTT: out.RTT,
				Late: out.RTT > leisure, Nth: len(came[out.From]),
			})
		case exchange.Duplicate:
			rtt := e.clock.Now().Sub(result.Started)
			response := GroupResponse{
				From: out.From, Message: out.Message, Frame: trace.Seq(out.Frame), RTT: rtt, Late: rtt > leisure, Duplicate: true,
			}
			for i, frame := range came[out.From] {
				if frame == trace.Seq(out.First) {
					response.Nth = i + 1
				}
			}
			each(response)
		case exchange.Failed:
			return result.Sent, out.Err
		case exchange.Collected, exchange.Suppressed:
			return result.Sent, nil
		}
	}
}

// AskGroup is DoGroup for those who only want the answers, each of them once.
func (e *Engine) AskGroup(ctx context.Context, group netip.AddrPort, via *net.Interface, hopLimit int, request protocol.Message, each func(from netip.AddrPort, response protocol.Message, rtt time.Duration)) error {
	_, err := e.DoGroup(ctx, GroupRequest{To: group, Via: via, HopLimit: hopLimit, Message: request}, func(r GroupResponse) {
		if !r.Duplicate {
			each(r.From, r.Message, r.RTT)
		}
	})
	return err
}
