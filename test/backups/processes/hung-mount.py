# A mount whose server never answers: folder. It hangs until this process ends.
import ctypes, os, sys
folder = sys.argv[1].encode()
libc = ctypes.CDLL(None, use_errno=True)
wire = os.open('/dev/fuse', os.O_RDWR)
options = b'fd=%d,rootmode=40000,user_id=0,group_id=0' % wire
if libc.mount(b'hung', folder, b'fuse', 0, options) != 0:
    sys.exit('not mounted: ' + os.strerror(ctypes.get_errno()))
print('hangs', flush=True)
sys.stdin.read()
os.close(wire)
libc.umount2(folder, 2)
