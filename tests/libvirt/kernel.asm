; What QEMU takes for a Linux kernel: its header (Documentation/arch/x86/boot.rst,
; protocol 2.00) and a start-up part that says Linux's first words on the serial port.
;
;     nasm -f bin kernel.asm -o vmlinuz

        bits    16
        org     0

        times   0x1f1 - ($ - $$) db 0
        db      1                       ; sectors of start-up code
        times   0x1fe - ($ - $$) db 0
        dw      0xaa55
        jmp     short start             ; where the start-up part is entered
        db      "HdrS"
        dw      0x0200
        times   0x211 - ($ - $$) db 0
        db      1                       ; loaded high
        times   0x230 - ($ - $$) db 0

start:  mov     ax, cs
        mov     ds, ax
        mov     si, said - 0x200        ; the start-up part begins at its segment's 0
next:   lodsb
        test    al, al
        jz      halt
        mov     ah, al
        mov     dx, 0x3fd
full:   in      al, dx
        test    al, 0x20
        jz      full
        mov     dx, 0x3f8
        mov     al, ah
        out     dx, al
        jmp     next
halt:   hlt
        jmp     halt

said:   db      "Linux version 0.0 (no Linux at all)", 13, 10, 0

        times   0x600 - ($ - $$) db 0   ; the rest of the start-up part, and of the kernel
