package transport

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

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
	tap   Tap
	conn4 *net.UDPConn // nil where the system has no IPv4
	conn6 *net.UDPConn // nil where the system has no IPv6

	mu     sync.Mutex           // held while sending and tapping: the log has the order of the wire
	locals map[netip.Addr]local // the source address of datagrams to a destination
	done   sync.WaitGroup
}

// local is an address of this system that was looked up. Networks come and go, and it changes with them.
type local struct {
	addr  netip.AddrPort
	until time.Time // when to look again
}

// localLife is how long a look-up is good for.
const localLife = 2 * time.Second

// OpenUDP opens the sockets and calls receive for every datagram that comes, on one goroutine for
// each socket. The frame's data is valid only until receive returns; in the log it is a copy.
func OpenUDP(tap Tap, receive func(trace.Frame)) (*UDP, error) {
	u := &UDP{tap: tap, locals: make(map[netip.Addr]local)}
	var err4, err6 error
	if u.conn4, err4 = net.ListenUDP("udp4", nil); err4 == nil {
		// The group or address that a datagram was sent to is worth knowing, but not needed.
		_ = ipv4.NewPacketConn(u.conn4).SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true)
	}
	if u.conn6, err6 = net.ListenUDP("udp6", nil); err6 == nil {
		_ = ipv6.NewPacketConn(u.conn6).SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
	}
	if err4 != nil && err6 != nil {
		return nil, fmt.Errorf("no UDP socket can be opened: %w", errors.Join(err4, err6))
	}
	for _, conn := range []*net.UDPConn{u.conn4, u.conn6} {
		if conn != nil {
			_ = conn.SetReadBuffer(4 << 20) // best effort: systems limit it
			u.done.Add(1)
			go u.read(conn, receive)
		}
	}
	return u, nil
}

func (u *UDP) read(conn *net.UDPConn, receive func(trace.Frame)) {
	defer u.done.Done()
	four := conn == u.conn4
	port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	data := make([]byte, MaxDatagram)
	oob := make([]byte, 256)
	var cm4 ipv4.ControlMessage
	var cm6 ipv6.ControlMessage
	for {
		n, oobn, _, source, err := conn.ReadMsgUDPAddrPort(data, oob)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of an earlier datagram, on some systems; the exchange times out
		}
		frame := trace.Frame{
			Time:      time.Now(),
			Source:    netip.AddrPortFrom(source.Addr().Unmap(), source.Port()),
			Direction: trace.Received,
			Transport: trace.UDP,
			Data:      data[:n],
		}
		var to net.IP
		var index int
		if four {
			cm4 = ipv4.ControlMessage{}
			if cm4.Parse(oob[:oobn]) == nil {
				to, index = cm4.Dst, cm4.IfIndex
			}
		} else {
			cm6 = ipv6.ControlMessage{}
			if cm6.Parse(oob[:oobn]) == nil {
				to, index = cm6.Dst, cm6.IfIndex
			}
		}
		if addr, ok := netip.AddrFromSlice(to); ok {
			addr = addr.Unmap()
			if addr.IsLinkLocalUnicast() && addr.Is6() {
				addr = addr.WithZone(source.Addr().Zone())
			}
			frame.Destination = netip.AddrPortFrom(addr, port)
		} else {
			frame.Destination = u.local(frame.Source)
		}
		frame.Interface = interfaceName(index)
		u.mu.Lock() // on loopback the answer is here before the sender has logged its request
		frame.Seq = u.tap(frame)
		u.mu.Unlock()
		receive(frame)
	}
}

// Send sends a datagram and returns its number in the log. A datagram that the system refuses to
// send is not in the log.
func (u *UDP) Send(data []byte, to netip.AddrPort) (trace.Seq, error) {
	return u.send(data, to, nil)
}

// SendGroup sends a datagram to a multicast group by the interface.
func (u *UDP) SendGroup(data []byte, group netip.AddrPort, by *net.Interface) (trace.Seq, error) {
	return u.send(data, group, by)
}

func (u *UDP) send(data []byte, to netip.AddrPort, by *net.Interface) (trace.Seq, error) {
	conn, err := u.connFor(to.Addr())
	if err != nil {
		return 0, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	frame := trace.Frame{
		Time: time.Now(), Destination: to, Direction: trace.Sent, Transport: trace.UDP, Data: data,
	}
	var control []byte
	if by != nil {
		source := addressOf(by, to.Addr())
		if conn == u.conn4 {
			err = ipv4.NewPacketConn(conn).SetMulticastInterface(by)
			// Left to itself, Linux takes the address of another interface for multicast by loopback.
			control = (&ipv4.ControlMessage{IfIndex: by.Index, Src: source.AsSlice()}).Marshal()
		} else {
			err = ipv6.NewPacketConn(conn).SetMulticastInterface(by)
			control = (&ipv6.ControlMessage{IfIndex: by.Index, Src: source.AsSlice()}).Marshal()
		}
		if err != nil {
			return 0, fmt.Errorf("multicast by interface %s: %w", by.Name, err)
		}
		frame.Interface = by.Name
		frame.Source = netip.AddrPortFrom(source, localPort(conn))
	} else {
		frame.Source = u.localLocked(to)
	}
	if _, _, err := conn.WriteMsgUDPAddrPort(data, control, to); err != nil {
		return 0, fmt.Errorf("send %d bytes to %s: %w", len(data), to, err)
	}
	return u.tap(frame), nil
}

func (u *UDP) connFor(addr netip.Addr) (*net.UDPConn, error) {
	conn, family := u.conn6, "IPv6"
	if addr.Unmap().Is4() {
		conn, family = u.conn4, "IPv4"
	}
	if conn == nil {
		return nil, fmt.Errorf("this system has no %s to reach %s", family, addr)
	}
	if addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" {
		return nil, fmt.Errorf("%s is the same on every link: write the interface behind it, as in [%s%%eth0] (RFC 4007 §6)", addr, addr)
	}
	return conn, nil
}

// local gives the address from which datagrams to that endpoint leave.
func (u *UDP) local(to netip.AddrPort) netip.AddrPort {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.localLocked(to)
}

func (u *UDP) localLocked(to netip.AddrPort) netip.AddrPort {
	now := time.Now()
	if known, ok := u.locals[to.Addr()]; ok && now.Before(known.until) {
		return known.addr
	}
	if len(u.locals) >= 4096 {
		clear(u.locals) // they are only remembered to save the look-up
	}
	conn, err := u.connFor(to.Addr())
	if err != nil {
		return netip.AddrPort{}
	}
	addr := netip.IPv4Unspecified()
	if to.Addr().Is6() {
		addr = netip.IPv6Unspecified()
	}
	// Connecting a UDP socket sends nothing; it makes the system choose the source address.
	if probe, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to)); err == nil {
		addr = probe.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
		probe.Close()
	}
	from := netip.AddrPortFrom(addr, localPort(conn))
	u.locals[to.Addr()] = local{from, now.Add(localLife)}
	return from
}

func localPort(conn *net.UDPConn) uint16 {
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

// Close closes the sockets and waits until receive is not called any more.
func (u *UDP) Close() error {
	var errs []error
	for _, conn := range []*net.UDPConn{u.conn4, u.conn6} {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	u.done.Wait()
	return errors.Join(errs...)
}

// addressOf gives the address of the interface that a datagram by it to the group is sent from.
func addressOf(by *net.Interface, group netip.Addr) netip.Addr {
	addrs, _ := by.Addrs()
	return sourceFor(group, addrs, by.Name)
}

// sourceFor chooses the first address of the group's family; of IPv6 one of the group's scope, if there is
// one (RFC 6724 §5 rule 2). A link-local one has its zone, as in the answers that come to it.
func sourceFor(group netip.Addr, addrs []net.Addr, zone string) netip.Addr {
	four, near := group.Unmap().Is4(), group.IsLinkLocalMulticast()
	source := netip.IPv6Unspecified()
	if four {
		source = netip.IPv4Unspecified()
	}
	for _, a := range addrs {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().Is4() != four {
			continue
		}
		addr := prefix.Addr()
		if !four && addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(zone)
		}
		if source.IsUnspecified() || !four && source.IsLinkLocalUnicast() != near && addr.IsLinkLocalUnicast() == near {
			source = addr
		}
	}
	return source
}

var (
	interfaceNames   = map[int]string{}
	interfaceNamesMu sync.Mutex
)

// interfaceName finds an interface's name once, since the system call is slow.
func interfaceName(index int) string {
	if index == 0 {
		return ""
	}
	interfaceNamesMu.Lock()
	defer interfaceNamesMu.Unlock()
	name, ok := interfaceNames[index]
	if !ok {
		if ifi, err := net.InterfaceByIndex(index); err == nil {
			name = ifi.Name
		}
		interfaceNames[index] = name
	}
	return name
}
