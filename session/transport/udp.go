package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"coapscope/session/fault"
	"coapscope/session/trace"
)

// MaxDatagram is the largest UDP payload there can be.
const MaxDatagram = 65535

// Tap records a frame and returns its number. It is called for each frame in the order in which
// frames are sent and received, and must not keep the frame's data.
type Tap func(trace.Frame) trace.Seq

// UDP sends and receives datagrams on one port of its own for each of IPv4 and IPv6. Nothing
// listens on a well-known port: it is a client's socket, to which only peers asked before answer.
type UDP struct {
	tap         Tap
	receive     func(trace.Frame)
	undelivered func(Undelivered)
	four, six   *socket // nil where the system has no IPv4, or no IPv6

	mu     sync.Mutex           // held while sending and tapping: the log has the order of the wire
	locals map[netip.Addr]local // the source address of datagrams to a destination
	faults *fault.Shim          // nil for none
	faulty atomic.Bool          // faults is not nil
	alarm  *time.Timer          // of what the shim holds back; nil until there was one
	closed bool
	missed atomic.Uint64  // datagrams that came and found no room
	done   sync.WaitGroup // what calls receive or undelivered; added to while mu is held and not closed
}

// socket is a UDP socket of one family.
type socket struct {
	conn *net.UDPConn
	port uint16
	four bool
	hops int    // the hop limit of multicast that is set; locked with the transport
	full uint32 // datagrams that found no room, as the system has counted them; of the goroutine that reads
}

// OpenUDP opens the sockets and calls receive for every datagram that comes, on one goroutine for
// each socket, and others while there are faults. The frame's data is valid only until receive returns; in the
// log it is a copy. It calls undelivered for what does not arrive, as far as the system tells, never while Send waits.
func OpenUDP(tap Tap, receive func(trace.Frame), undelivered func(Undelivered)) (*UDP, error) {
	u := &UDP{tap: tap, receive: receive, undelivered: undelivered, locals: make(map[netip.Addr]local)}
	conn4, err4 := net.ListenUDP("udp4", nil)
	conn6, err6 := net.ListenUDP("udp6", nil)
	if err4 != nil && err6 != nil {
		return nil, fmt.Errorf("no UDP socket can be opened: %w", errors.Join(err4, err6))
	}
	// Which group or address a datagram was sent to is worth knowing, as is why one of ours does not arrive, but
	// neither is needed.
	if err4 == nil {
		u.four = newSocket(conn4, true)
		_ = ipv4.NewPacketConn(conn4).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
	}
	if err6 == nil {
		u.six = newSocket(conn6, false)
		_ = ipv6.NewPacketConn(conn6).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
	}
	for s := range u.sockets {
		_ = s.wantErrors()
		_ = s.wantOverflows()
		s.makeRoom()
		u.done.Go(func() { u.read(s) })
	}
	return u, nil
}

// roomBytes is how much may wait to be read: half a second of 40,000 small datagrams each second, as the system counts it.
const roomBytes = 16 << 20

func newSocket(conn *net.UDPConn, four bool) *socket {
	return &socket{conn: conn, four: four, hops: linkHops, port: conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()}
}

// largest gives how many bytes a datagram can have, below the headers of UDP and, with IPv4, of IP.
func (s *socket) largest() int {
	if s.four {
		return MaxDatagram - 20 - 8
	}
	return MaxDatagram - 8
}

// linkHops is the hop limit with which multicast stays on the link, that of a new socket.
const linkHops = 1

// limitHops sets the hop limit of multicast, the TTL of IPv4; 0 is linkHops. The transport is locked.
func (s *socket) limitHops(hops int) (err error) {
	if hops == 0 {
		hops = linkHops
	}
	if hops == s.hops {
		return nil
	}
	if hops < 0 || hops > 255 {
		return errors.New("it has to be from 1 to 255")
	}
	if s.four {
		err = ipv4.NewPacketConn(s.conn).SetMulticastTTL(hops)
	} else {
		err = ipv6.NewPacketConn(s.conn).SetMulticastHopLimit(hops)
	}
	if err == nil {
		s.hops = hops
	}
	return err
}

// sockets goes over those that there are.
func (u *UDP) sockets(yield func(*socket) bool) {
	_ = (u.four == nil || yield(u.four)) && (u.six == nil || yield(u.six))
}

func (u *UDP) read(s *socket) {
	data := make([]byte, MaxDatagram)
	control := make([]byte, 512)
	fruitless := 0 // errors one after the other of which nothing is known
	for {
		n, controls, _, source, err := s.conn.ReadMsgUDPAddrPort(data, control)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// It is no end: the error of a datagram that was sent earlier, or of one that is too strange to read.
			if fruitless++; u.drain(s, data, control) {
				fruitless = 0
			}
			time.Sleep(time.Duration(min(fruitless/8, 50)) * time.Millisecond) // never busy with nothing
			continue
		}
		fruitless = 0
		frame := trace.Frame{
			Time:      time.Now(),
			Source:    netip.AddrPortFrom(source.Addr().Unmap(), source.Port()),
			Direction: trace.Received,
			Transport: trace.UDP,
			Data:      data[:n],
		}
		if full, ok := s.overflows(control[:controls]); ok {
			u.missed.Add(uint64(full - s.full))
			s.full = full
		}
		to, index := s.destination(control[:controls])
		frame.Interface = interfaceName(index)
		if to.IsLinkLocalUnicast() && to.Is6() {
			to = to.WithZone(frame.Interface)
		}
		frame.Destination = netip.AddrPortFrom(to, s.port)
		u.mu.Lock() // on loopback the answer is here before the sender has logged its request
		if !to.IsValid() {
			frame.Destination = u.local(s, frame.Source, frame.Time)
		}
		switch {
		case u.closed:
			u.mu.Unlock()
			return
		case u.faults != nil:
			u.receiveThrough(frame)
		default:
			frame.Seq = u.tap(frame)
			u.mu.Unlock()
			u.receive(frame)
		}
	}
}

// Missed gives how many datagrams came and were dropped by the system, because they came faster than they were read. It
// learns of them with the next datagram, on Linux only.
func (u *UDP) Missed() uint64 { return u.missed.Load() }

// drain tells of the ICMP errors that came, and whether there was one. The buffers are for it to use.
func (u *UDP) drain(s *socket, data, control []byte) (found bool) {
	for {
		e, ok := s.nextError(data, control)
		if !ok {
			return found
		}
		found = true
		u.undelivered(e)
	}
}

// Send sends a datagram and returns its number in the log, or 0 if a fault holds it back. A datagram that the
// system refuses to send is not in the log.
func (u *UDP) Send(data []byte, to netip.AddrPort) (trace.Seq, error) {
	return u.send(data, to, nil, 0, nil)
}

// SendGroup sends a datagram to a multicast group by the interface, with that hop limit; 0 is 1, with which it does not
// leave the link.
func (u *UDP) SendGroup(data []byte, group netip.AddrPort, by *net.Interface, hops int) (trace.Seq, error) {
	return u.send(data, group, by, hops, nil)
}

// SendThen sends a datagram, as SendGroup or with nil to an endpoint, and calls then with its number in the log: before it returns, or when a fault lets the datagram go. It must return soon and not use the
// transport.
func (u *UDP) SendThen(data []byte, to netip.AddrPort, by *net.Interface, hops int, then func(trace.Seq)) error {
	_, err := u.send(data, to, by, hops, then)
	return err
}

func (u *UDP) send(data []byte, to netip.AddrPort, by *net.Interface, hops int, then func(trace.Seq)) (trace.Seq, error) {
	s, err := u.socketFor(to.Addr())
	if err != nil {
		return 0, err
	}
	if most := s.largest(); len(data) > most {
		return 0, fmt.Errorf("%d bytes do not fit in one datagram to %s, which has at most %d: send less at once (RFC 768)", len(data), to, most)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return 0, net.ErrClosed
	}
	frame := trace.Frame{
		Time: time.Now(), Destination: to, Direction: trace.Sent, Transport: trace.UDP, Data: data,
	}
	var control []byte
	if by != nil {
		source := addressOf(by, to.Addr())
		if s.four {
			err = ipv4.NewPacketConn(s.conn).SetMulticastInterface(by)
			// Left to itself, Linux takes the address of another interface for multicast by loopback.
			control = (&ipv4.ControlMessage{IfIndex: by.Index, Src: source.AsSlice()}).Marshal()
		} else {
			err = ipv6.NewPacketConn(s.conn).SetMulticastInterface(by)
			control = (&ipv6.ControlMessage{IfIndex: by.Index, Src: source.AsSlice()}).Marshal()
		}
		if err != nil {
			return 0, fmt.Errorf("multicast by interface %s: %w", by.Name, err)
		}
		frame.Interface = by.Name
		frame.Source = netip.AddrPortFrom(source, s.port)
	} else {
		frame.Source = u.local(s, to, frame.Time)
	}
	if u.faults != nil {
		return u.sendThrough(frame, s, control, hops, then)
	}
	if err := u.write(s, data, control, hops, to); err != nil {
		return 0, err
	}
	seq := u.tap(frame)
	if then != nil {
		then(seq)
	}
	return seq, nil
}

// maxReports bounds how often a datagram is given to the system anew because of errors of earlier ones.
const maxReports = 8

// write gives a datagram to the system. The transport is locked.
func (u *UDP) write(s *socket, data, control []byte, hops int, to netip.AddrPort) (err error) {
	if to.Addr().IsMulticast() {
		if err := s.limitHops(hops); err != nil {
			return fmt.Errorf("hop limit %d to %s: %w", hops, to, err)
		}
	}
	var reports []Undelivered
	for try := 0; ; try++ {
		if control == nil {
			_, err = s.conn.WriteToUDPAddrPort(data, to)
		} else {
			_, _, err = s.conn.WriteMsgUDPAddrPort(data, control, to)
		}
		if err == nil || !isReport(err) || try == maxReports {
			break
		}
		// It may be about another datagram, which the queue knows. All of it is emptied here: the system tells
		// of whatever is still in it by the next call again.
		quote, ancillary := make([]byte, MaxDatagram), make([]byte, 512)
		for e, ok := s.nextError(quote, ancillary); ok; e, ok = s.nextError(quote, ancillary) {
			reports = append(reports, e)
		}
	}
	if reports != nil {
		u.done.Go(func() {
			for _, e := range reports {
				u.undelivered(e)
			}
		})
	}
	if err != nil {
		return fmt.Errorf("send %d bytes to %s: %w", len(data), to, err)
	}
	return nil
}

// socketFor gives the socket that reaches the address.
func (u *UDP) socketFor(addr netip.Addr) (*socket, error) {
	s, family := u.six, "IPv6"
	if addr.Unmap().Is4() {
		s, family = u.four, "IPv4"
	}
	if s == nil {
		return nil, fmt.Errorf("this system has no %s to reach %s", family, addr)
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" {
		return nil, fmt.Errorf("%s is the same on every link: write the interface behind it, as in [%s%%eth0] (RFC 4007 §6)", addr, addr)
	}
	return s, nil
}

// Close closes the sockets and waits until nothing is called any more. What a fault holds back is gone.
func (u *UDP) Close() error {
	u.mu.Lock()
	u.closed = true
	if u.alarm != nil {
		u.alarm.Stop()
	}
	u.mu.Unlock()
	var errs []error
	for s := range u.sockets {
		errs = append(errs, s.conn.Close())
	}
	u.done.Wait()
	return errors.Join(errs...)
}
