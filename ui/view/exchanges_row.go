package view

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"coapscope/protocol"
	"coapscope/session"
	"coapscope/session/trace"
	"coapscope/session/track"
)

// ExchangeRow is a row of the table of exchanges: an exchange or transfer, one of its frames, or a request that is not
// sent yet.
type ExchangeRow struct {
	Number    string // of the first frame
	Peer      string
	What      string // method and path, or what a frame is
	Token     string
	MessageID string // of the request, and of a response that has another
	State     string
	Tries     string // transmissions, of how many
	Next      string // until the next one, or the giving up
	Age       string // since it began; in packets of a file, since their first
	RTT       string // of the first response; of a transfer, all that it took
	Moved     string // blocks, or notifications

	WhatConcept, StateConcept, MovedConcept Concept
}

// Row gives a row as it is now.
func (x *Exchanges) Row(row int, now time.Time) ExchangeRow {
	switch p := x.at(row); p.kind {
	case entryRow:
		return x.exchangeRow(p.entry, now)
	case frameRow:
		return x.frameRow(p.entry, p.frame)
	case waitingRow:
		return x.waitingRow(&x.waiting()[p.waiting], now)
	}
	return ExchangeRow{}
}

func (x *Exchanges) exchangeRow(entry uint32, now time.Time) ExchangeRow {
	e := x.entries[entry]
	ex, _ := x.t.tracker.Exchange(e.exchange)
	state := x.stateOf(entry)
	r := ExchangeRow{
		Number: strconv.FormatUint(ex.FirstFrame, 10), Peer: x.t.name(ex.Server), What: requestWords(&ex), Token: ex.Token.String(),
		MessageID: messageIDs(&ex), State: state.text, StateConcept: state.concept, Age: x.age(ex.First, now),
	}
	if ex.Token.Len() == 0 {
		r.Token = "–"
	}
	open, isOpen := x.live.open[entry]
	if isOpen = isOpen && state.open; isOpen {
		r.Tries, r.Next = triesOf(&open, now)
	}
	if ex.RTT > 0 {
		r.RTT = Duration(ex.RTT)
	}
	if e.transfer != 0 {
		x.transferCells(&r, e.transfer)
		return r
	}
	if r.Tries == "" && ex.RequestSeen && !ex.Framing.Reliable() {
		r.Tries = strconv.Itoa(1 + ex.Retransmissions)
	}
	switch {
	case ex.Multicast && ex.Method != 0:
		r.Moved, r.MovedConcept = count(ex.Responders, "answer", "answers"), Plain
	case ex.Notifications > 0:
		r.Moved, r.MovedConcept = "◉ "+Grouped(ex.Notifications), Plain
		if ex.Stale > 0 {
			r.Moved, r.MovedConcept = r.Moved+" · "+Grouped(ex.Stale)+" stale", Warning
		}
	}
	return r
}

// transferCells says how far a transfer has come.
func (x *Exchanges) transferCells(r *ExchangeRow, i track.TransferIndex) {
	tr, _ := x.t.tracker.Transfer(i)
	r.Token, r.RTT = tr.Token.String(), ""
	if d := tr.Last.Sub(tr.First); d > 0 {
		r.RTT = Duration(d)
	}
	if tr.Exchanges > 1 {
		r.MessageID += " …"
	}
	r.Moved, r.MovedConcept = blocksOf(&tr), Plain
	if retried := x.retried(&tr); retried > 0 {
		number, _, _ := strings.Cut(r.Moved, " ") // there is no room for more
		r.Moved, r.MovedConcept = number+" ↻"+Grouped(retried), Warning
	}
}

// retried counts the messages of a transfer that were sent again.
func (x *Exchanges) retried(tr *track.Transfer) int {
	return int(x.transfer(tr.Index).retransmissions) + tr.Request.Asked + tr.Response.Asked
}

// blocksOf says how many blocks are there, of how many where that is known.
func blocksOf(tr *track.Transfer) string {
	b := &tr.Response
	if !b.Present || b.Blocks == 0 && tr.Request.Present {
		b = &tr.Request
	}
	if b.BlockSize == 0 {
		return ""
	}
	there := blocksIn(b.Received, b.BlockSize)
	switch {
	case b.Size < 0:
		return count(there, "block", "blocks")
	case b.Complete:
		return count(blocksIn(b.Size, b.BlockSize), "block", "blocks")
	}
	return fmt.Sprintf("%d/%d", there, blocksIn(b.Size, b.BlockSize))
}

// blocksIn is how many blocks so many bytes are; a body without bytes is one, too.
func blocksIn(bytes int64, size int) int { return max(1, int((bytes+int64(size)-1)/int64(size))) }

// requestWords says what was asked for.
func requestWords(ex *track.Exchange) string {
	switch {
	case !ex.RequestSeen:
		return "began before the first packet"
	case ex.Method == protocol.Empty:
		return "ping"
	}
	what := ex.Path
	if ex.Query != "" {
		what += "?" + ex.Query
	}
	if ex.Proxy != "" {
		what = ex.Proxy
	}
	what = ex.Method.Short() + " " + what
	if ex.Type == protocol.NonConfirmable && !ex.Framing.Reliable() {
		what += " · NON"
	}
	if ex.Multicast {
		what += " · group"
	}
	return what
}

// messageIDs gives the message ID of a request, and that of its response if it has one of its own.
func messageIDs(ex *track.Exchange) string {
	if ex.Framing.Reliable() {
		return ""
	}
	id := ""
	if ex.RequestSeen {
		id = ex.MessageID.String()
	}
	if ex.Responses > 0 && ex.Code != protocol.Empty && ex.ResponseType <= protocol.NonConfirmable {
		id = strings.TrimSpace(id + " " + ex.ResponseID.String())
	}
	return id
}

// age gives the time since then, or in packets of a file since their first.
func (x *Exchanges) age(at, now time.Time) string {
	if x.t.Seen() {
		return strconv.FormatFloat(at.Sub(x.t.begin).Seconds(), 'f', 3, 64)
	}
	return Seconds(now.Sub(at))
}

func (x *Exchanges) frameRow(entry uint32, s trace.Seq) ExchangeRow {
	p := x.t.row(s)
	r := ExchangeRow{
		Number: p.Number, What: strings.TrimSpace(p.Type + " " + p.Code + "  " + p.Summary), WhatConcept: p.Concept,
		Token: p.Token, MessageID: p.MessageID,
	}
	if p.Sign != "" {
		r.State, r.StateConcept = p.Sign+" finding", p.SignConcept
	}
	if f := x.t.log.At(s); f != nil {
		ex, _ := x.t.tracker.Exchange(x.entries[entry].exchange)
		r.Peer = p.Arrow + " +" + Duration(f.Time.Sub(ex.First))
		if rtt := x.t.tracker.Info(uint64(s)).RTT; rtt > 0 {
			r.RTT = Duration(rtt)
		}
	}
	return r
}

func (x *Exchanges) waitingRow(o *session.OpenExchange, now time.Time) ExchangeRow {
	state := openState(o.State)
	r := ExchangeRow{
		Peer: x.t.name(o.To), What: "ping", State: state.text, StateConcept: state.concept, Age: Seconds(now.Sub(o.Started)),
		WhatConcept: Dim,
	}
	if o.Code != protocol.Empty {
		r.What = o.Code.Short() + " " + o.Path
	}
	if o.State == session.OpenHeldBack {
		r.What += " · " + heldWords(o.Held)
	} else {
		r.What += " · " + waitingWords(o.Waiting)
	}
	_, r.Next = triesOf(o, now)
	return r
}

// countOf gives "2 of 5"; where the most is not known, "2".
func countOf(n, of int) string {
	if of <= 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %d", n, of)
}

// Filter gives the expression that asks for the packets of a row's exchange, or of its transfer; empty for none.
func (x *Exchanges) Filter(row int) string {
	p := x.at(row)
	if p.kind != entryRow && p.kind != frameRow {
		return ""
	}
	if e := x.entries[p.entry]; e.transfer != 0 {
		return fmt.Sprintf("transfer == %d", e.transfer)
	}
	return fmt.Sprintf("exchange == %d", x.entries[p.entry].exchange)
}

// TokenFilter gives the expression that asks for all packets with the token of a row's exchange, and its endpoint; empty
// where there is no token.
func (x *Exchanges) TokenFilter(row int) string {
	p := x.at(row)
	if p.kind != entryRow && p.kind != frameRow {
		return ""
	}
	ex, _ := x.t.tracker.Exchange(x.entries[p.entry].exchange)
	if ex.Token.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("token == %s && peer == %s", ex.Token, netip.AddrPortFrom(ex.Server.Addr(), ex.Server.Port()))
}
