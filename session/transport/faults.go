package transport

import (
	"net"
	"time"

	"coapscope/session/fault"
	"coapscope/session/trace"
)

// The bits of the log are those of the shim.
var _ = [1]struct{}{}[uint8(trace.Lost)^uint8(fault.Lost)|uint8(trace.Delayed)^uint8(fault.Delayed)|
	uint8(trace.Duplicated)^uint8(fault.Duplicated)|uint8(trace.Reordered)^uint8(fault.Reordered)|
	uint8(trace.Corrupted)^uint8(fault.Corrupted)]

// parcel is a datagram that goes through the shim.
type parcel struct {
	frame   trace.Frame
	by      *socket
	control []byte          // of one that is sent
	hops    int             // of one to a group
	then    func(trace.Seq) // called when it goes; nil for nobody to call
}

// SetFaults puts a shim with that configuration under the transport, in place of the one before; a configuration
// without rules takes it away. What that one holds back goes on at once. It must not be called while receive waits
// for its caller.
func (u *UDP) SetFaults(c fault.Config) error {
	var shim *fault.Shim
	if len(c.Rules) > 0 {
		var err error
		if shim, err = fault.New(c); err != nil {
			return err
		}
	}
	u.mu.Lock()
	if u.closed {
		u.mu.Unlock()
		return net.ErrClosed
	}
	var held []fault.Delivery
	if u.faults != nil {
		held = u.faults.Flush(nil)
		u.alarm.Stop()
	}
	u.faults = shim
	u.faulty.Store(shim != nil)
	if shim != nil && u.alarm == nil {
		u.alarm = time.AfterFunc(time.Hour, u.due)
		u.alarm.Stop()
	}
	u.carryAll(held)
	return nil
}

// HasFaults tells whether there is a shim.
func (u *UDP) HasFaults() bool { return u.faulty.Load() }

// Faults gives the configuration of the shim, and what it has done; nothing where there is none.
func (u *UDP) Faults() (fault.Config, fault.Counts) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.faults == nil {
		return fault.Config{}, fault.Counts{}
	}
	return u.faults.Config(), u.faults.Counts()
}

// due is called by the alarm: the time of something that is held back has come.
func (u *UDP) due() {
	u.mu.Lock()
	if u.closed || u.faults == nil {
		u.mu.Unlock()
		return
	}
	held := u.faults.Advance(time.Now(), nil)
	u.arm()
	u.carryAll(held)
}

// arm sets the alarm to what is held back. The transport is locked.
func (u *UDP) arm() {
	if at, ok := u.faults.Deadline(); ok {
		u.alarm.Reset(max(time.Until(at), 0))
	}
}

// carryAll carries what nobody waits for, unlocks the transport, and tells of what is received and what failed.
func (u *UDP) carryAll(held []fault.Delivery) {
	var received []trace.Frame
	var failed []Undelivered
	u.done.Add(1) // not closed: the transport is locked
	defer u.done.Done()
	for _, d := range held {
		frame, err := u.carry(d, time.Now())
		switch {
		case err != nil:
			failed = append(failed, Undelivered{frame.Destination, err, frame.Data})
		case frame.Direction == trace.Received && frame.Fault&trace.Lost == 0:
			received = append(received, frame)
		}
	}
	u.mu.Unlock()
	for _, frame := range received {
		u.receive(frame)
	}
	for _, f := range failed {
		u.undelivered(f)
	}
}

// carry sends what the shim lets go, if it is to be sent, and puts it into the log. The transport is locked.
func (u *UDP) carry(d fault.Delivery, now time.Time) (trace.Frame, error) {
	p := d.Ticket.(*parcel)
	frame := p.frame
	if d.Done&(fault.Delayed|fault.Reordered|fault.Duplicated) != 0 {
		frame.Held = max(0, now.Sub(frame.Time))
	}
	frame.Time, frame.Data, frame.Fault = now, d.Data, trace.Fault(d.Done)
	if d.Direction == fault.Sent && d.Done&fault.Lost == 0 {
		if err := u.write(p.by, d.Data, p.control, p.hops, frame.Destination); err != nil {
			return frame, err
		}
	}
	frame.Seq = u.tap(frame)
	if p.then != nil && d.Done&fault.Duplicated == 0 {
		p.then(frame.Seq)
	}
	return frame, nil
}

// sendThrough gives a datagram to the shim; the number is 0 if it goes later. The transport is locked.
func (u *UDP) sendThrough(frame trace.Frame, by *socket, control []byte, hops int, then func(trace.Seq)) (seq trace.Seq, err error) {
	p := &parcel{frame: frame, by: by, control: control, hops: hops, then: then}
	for _, d := range u.faults.Handle(frame.Time, fault.Datagram{
		Direction: fault.Sent, Peer: frame.Destination, Data: frame.Data, Ticket: p,
	}, nil) {
		carried, failure := u.carry(d, frame.Time)
		switch {
		case d.Ticket == p && d.Done&fault.Duplicated == 0:
			seq, err = carried.Seq, failure
		case failure != nil: // whoever sends now has not to do with it, and must not be called while it waits
			u.done.Go(func() { u.undelivered(Undelivered{carried.Destination, failure, carried.Data}) })
		}
	}
	u.arm()
	return seq, err
}

// receiveThrough gives a datagram to the shim, and what that lets go to the receiver. It unlocks the transport.
func (u *UDP) receiveThrough(frame trace.Frame) {
	out := u.faults.Handle(frame.Time, fault.Datagram{
		Direction: fault.Received, Peer: frame.Source, Data: frame.Data, Ticket: &parcel{frame: frame},
	}, nil)
	u.arm()
	u.carryAll(out)
}
