"""The device ledger (终端台账): one row per terminal, as the vendor or the acquirer exports it."""

from __future__ import annotations

from audit.tables.codes import TERMINAL_STATUS
from audit.tables.headers import (
    ACQUIRER_HEADERS,
    AGENT_HEADERS,
    AREA_CODE_HEADERS,
    CERT_EXPIRY_HEADERS,
    CHANNEL_MERCHANT_HEADERS,
    CHANNEL_TERMINAL_HEADERS,
    CITY_HEADERS,
    COUNTY_HEADERS,
    DEVICE_TYPE_HEADERS,
    MERCHANT_ALONE,
    MERCHANT_HEADERS,
    MERCHANT_NAME_ALONE,
    MERCHANT_NAME_HEADERS,
    MODEL_HEADERS,
    PROVINCE_HEADERS,
    PTS_EXPIRY_HEADERS,
    SERIAL_ALONE,
    SERIAL_HEADERS,
    STORE_NAME_ALONE,
    STORE_NAME_HEADERS,
    STORE_NO_ALONE,
    STORE_NO_HEADERS,
    TERMINAL_ALONE,
    TERMINAL_HEADERS,
    TUSN_ALONE,
    TUSN_HEADERS,
    VENDOR_HEADERS,
)
from audit.tables.model import Column, Kind, Table, made_of

# of one period the file speaks of, usually the last 30 days; the amount in yuan; the count with those that failed
TRANSACTION_COLUMNS = (
    Column(
        "txn_amount",
        Kind.NUMBER,
        "交易金额,交易额,近30天交易金额,近30日交易金额,近30天交易额,30天交易额,近30天金额,近30日金额,交易总额,交易总金额,累计交易金额,累计交易额,成功金额,成功交易金额,"
        "transaction amount,turnover,transaction volume,sales volume,总交易额,总交易金额,月交易额,月交易金额,本月交易额,本月交易金额,当月交易额,当月交易金额,30日交易金额,交易金额合计,成交金额,total amount,txn amt,trans amt",
    ),
    Column(
        "txn_count",
        Kind.NUMBER,
        "交易笔数,笔数,近30天交易笔数,近30日交易笔数,总笔数,交易总笔数,累计交易笔数,transaction count,transactions,"
        "总交易笔数,月交易笔数,本月交易笔数,当月交易笔数,30日交易笔数,当月笔数,近30天笔数,笔数合计,交易次数,total count,txn cnt,trans count",
    ),
    Column(
        "txn_failed",
        Kind.NUMBER,
        "失败笔数,交易失败笔数,近30天失败笔数,失败交易笔数,failed transactions,failed count,"
        "交易失败次数,失败次数,失败笔数合计,当月失败笔数,fail count,failed cnt",
    ),
)
PLACE = (
    Column("province", Kind.TEXT, PROVINCE_HEADERS),
    Column("city", Kind.TEXT, CITY_HEADERS),
    Column("county", Kind.TEXT, COUNTY_HEADERS),
    Column("area_code", Kind.REFERENCE, AREA_CODE_HEADERS),
)
# degrees; `location` is both in one text
COORDINATES = (
    Column(
        "longitude",
        Kind.NUMBER,
        "经度,终端位置经度,经度坐标,GPS经度,位置经度,布放经度,安装经度,装机经度,lng,lon",
    ),
    Column(
        "latitude", Kind.NUMBER, "纬度,终端位置纬度,纬度坐标,GPS纬度,位置纬度,布放纬度,安装纬度,装机纬度,lat"
    ),
    Column(
        "location",
        Kind.REFERENCE,
        "经纬度,终端实时经纬度信息,经纬度坐标,GPS坐标,定位坐标,坐标,gps location,gps coordinates",
    ),
)

DEVICES = Table(
    name="devices",
    keys=(("serial_no",), ("tusn",), ("merchant_no", "terminal_id")),
    required=("merchant_no",),
    status="terminal_status",
    subjects=(
        *("终端", "设备", "机具", "机器", "pos机", "pos", "受理终端"),
        *("terminal", "device", "unit", "machine", "equipment", "product", "asset", "current"),
    ),
    relations=(
        *(
            "绑定",
            "所属",
            "归属",
            "关联",
            "使用",
            "客户",
            "布放",
            "装机",
            "安装",
            "当前",
            "实际",
            "受理",
            "收单",
            "银联",
        ),
        *(
            "assigned",
            "client",
            "customer",
            "bound",
            "bind",
            "binding",
            "linked",
            "bank",
            "acquirer",
            "acquiring",
            "unionpay",
            "installed",
            "deployed",
        ),
    ),
    columns=(
        Column("serial_no", Kind.IDENTIFIER, SERIAL_HEADERS, alone=SERIAL_ALONE),
        Column("tusn", Kind.IDENTIFIER, TUSN_HEADERS, alone=TUSN_ALONE),
        Column("terminal_id", Kind.IDENTIFIER, TERMINAL_HEADERS, alone=TERMINAL_ALONE),
        Column("channel_terminal_id", Kind.REFERENCE, CHANNEL_TERMINAL_HEADERS),
        Column(
            "stock_no",
            Kind.REFERENCE,
            "资产标签,资产标签号,资产条码,库存编号,设备库存编号,机具库存编号,资产编号,固定资产编号,asset tag,asset no",
        ),
        Column("merchant_no", Kind.IDENTIFIER, MERCHANT_HEADERS, alone=MERCHANT_ALONE, is_named=True),
        Column(
            "channel_merchant_no",
            Kind.REFERENCE,
            CHANNEL_MERCHANT_HEADERS,
        ),
        Column(
            "merchant_name",
            Kind.TEXT,
            MERCHANT_NAME_HEADERS,
            alone=MERCHANT_NAME_ALONE,
        ),
        Column("store_no", Kind.REFERENCE, STORE_NO_HEADERS, alone=STORE_NO_ALONE),
        Column("store_name", Kind.TEXT, STORE_NAME_HEADERS, alone=STORE_NAME_ALONE),
        Column("acquirer_code", Kind.REFERENCE, ACQUIRER_HEADERS, alone="机构代码"),
        Column("vendor", Kind.TEXT, VENDOR_HEADERS),
        Column("agent", Kind.TEXT, AGENT_HEADERS, alone="所属机构"),
        Column("model", Kind.TEXT, MODEL_HEADERS),
        Column("device_type", Kind.TEXT, DEVICE_TYPE_HEADERS),
        Column(
            "firmware",
            Kind.VERSION,
            "固件版本,固件版本号,firmware rev,firmware revision,kernel version,rom version,系统版本,系统版本号,内核版本,终端版本,firmware version,fw,fw version,os version,core version,system version,"
            "固件,固件ver,固件号,固件版号,韧体版本,韧体版号,当前固件版本,系统固件版本,系统软件版本,ROM版本,OS版本,主控版本,终端版本号,current firmware,firmware ver,固件当前版本,系统固件,系统固件版本号,操作系统版本,安卓版本,Android版本,ROM版本号,底层版本,"
            + made_of("终端,设备,机具,POS", "固件版本,固件版本号,系统版本,系统版本号"),
            alone="主控程序版本,底层固件版本,固件版次,系统固件号,当前固件,系统软件版本号,当前版本号,基线版本,os build,firmware build,firmware release,installed firmware,版本号,版本,版本信息,当前版本,软件版本,软件版本号,应用版本,应用版本号,应用程序版本,程序版本,终端程序版本,终端软件版本,终端应用版本,客户端版本,"
            "APP版本,version,current version,app version,software version,sw version,soft version,"
            "设备版本,机具版本,POS版本,设备软件版本,POS程序版本,POS应用版本,主程序版本,机具程序版本",
        ),
        Column(
            "app_version",
            Kind.VERSION,
            "程序版本号,POS程序版本号,支付程序版本,收单程序版本,收单应用版本,收款APP版本,收单APP版本,支付应用版本号,主应用版本,应用版本,应用版本号,应用程序版本,应用程序版本号,软件版本,软件版本号,程序版本,支付应用版本,application version,app ver,"
            "software version,software release,termsoftver,终端程序版本,终端软件版本,终端应用版本,客户端版本,APP版本,APP版本号,sw version,soft version,设备软件版本,POS程序版本,POS应用版本,机具程序版本",
        ),
        Column(
            "param_version",
            Kind.REFERENCE,
            "EMV参数版本,IC卡参数版本,参数版本,ic param version,parameter version",
        ),
        Column("ca_key_version", Kind.REFERENCE, "CA公钥版本,ca key version"),
        Column(
            "terminal_status",
            Kind.CODE,
            "启停状态,终端启停状态,设备启停状态,终端状态,设备状态,机具状态,在用/停用,启用/停用,开通状态,使用状态,启用状态,运行状态,状态,status,termstate,devicestate,device status,机器状态,POS状态,POS机状态,"
            "在用状态,在网状态,是否启用,是否在用,终端使用状态,设备使用状态,终端当前状态,设备当前状态,dev status,term status,device state,terminal state,"
            "operational status,lifecycle status,lifecycle state,deployment status,estate status,device lifecycle status,终端机状态,终端状态描述,终端状态说明,设备状态描述,设备状态说明,终端状态名称,设备状态名称,机具使用状态,终端运行状态,设备运行状态,终端生命周期状态",
            alone="设备现状,机具现状,终端现状,目前状态,现状态,序列号状态,使用状态描述,当前使用状态,lifecycle,lifecycle state,asset status,deployment status,activation status,usage status,in use,有效状态,是否使用,是否激活,运行情况,在用情况,当前状态,业务状态,资产状态,激活状态,使用情况,设备使用情况,机具使用情况,终端情况,机具情况,状态名称,状态描述,生命周期,current status,dev state",
            codes=TERMINAL_STATUS,
        ),
        Column("stock_status", Kind.TEXT, "入库状态,inventory status,库存状态,在库状态,出入库状态"),
        Column("maintenance_status", Kind.TEXT, "维护状态"),
        Column("bind_status", Kind.TEXT, "绑定状态,设备绑定状态,是否绑定,绑机状态,sn_bind_status"),
        Column(
            "install_date",
            Kind.DATE,
            "安装日期,安装时间,开机日期,开机时间,装机日期,装机时间,布放日期,布放时间,发放时间,绑定日期,绑定时间,启用日期,激活时间,激活日期,installed on,"
            "installation date,activated_at,bind date,assigned at,启用时间,投放日期,投放时间,布机日期,布机时间,上线日期,上线时间,投产日期,终端安装日期,"
            "设备安装日期,终端布放日期,首次安装日期,安装完成日期,实际安装日期,安装/布放日期,install time,installed date,deploy date,deployment date,"
            "deployed on,date installed,date deployed,deployed date,deploy date,boarding date,boarded on,date of installation,activation date,go-live date,安装日,装机日,install dt,首次激活日期,首次激活时间,首次绑定时间,终端绑定时间,设备绑定时间,"
            + made_of("装机,安装,布放,布机,铺机,铺设,部署,布设,绑机,装设", "日期,时间,完成日期,完成时间")
            + ","
            + made_of("机具,设备,终端,上门", "装机日期,安装日期,布放日期,安装时间,装机时间,布放时间"),
            alone="installed,发机日期,首次装机日期,首次装机时间,activate date,activated,deployed,开始使用日期,开始使用时间,投入使用日期,投入使用时间,date placed in service,placed in service date,in service from,first activated,commissioned,commission date,in-service date,assigned date,boarded on,active time,activate time,activated time,bind time,上机日期,进场日期,到店安装日期,开通日期,开通时间,入网日期,入网时间,领用日期,入机日期",
        ),
        Column(
            "production_date",
            Kind.DATE,
            made_of("生产,出厂,制造", "日期,时间,年月")
            + ",manufacture date,manufacturing date,manufactured on,mfg date,prod date,date of manufacture",
        ),
        Column("stock_in_date", Kind.DATE, "入库时间,入库日期,到货日期,stock date"),
        Column(
            "address",
            Kind.TEXT,
            "布放地址,终端布放地址,布放地理位置,受理终端布放地理位置,受理终端布放地址,安装地址,终端安装地址,终端地址,终端发放地址,装机地址,设备地址,install address,"
            "installation address,terminal address,term_addr,deviceaddress,"
            + made_of("布放,安装,装机,摆放,放置,部署,装设", "地址,地点,详细地址,位置")
            + ","
            + made_of("终端,设备,机具", "布放地址,安装地址,装机地址,使用地址,位置,布放详细地址,安装详细地址")
            + ",机具所在地址,终端所在地址,设备所在地址,安放地址,实际装机地址,使用地点,使用场所,布放场所,机具地址,布机地址,使用地址,投放地址,摆放地址,放置地址,实际布放地址,实际安装地址,install addr,deployed address,deployment address,"
            "installed at,installation location,site address,terminal location,device location",
            alone="网点地址,存放地址,受理终端布放地,设备所在地,详细安装地址,详细装机地址,详细布放地址,安装详址,布放详址,装机详址,铺机地址,铺设地址,deploy address,存放地点,放置场所,street address,physical address,location address,installed address,店铺地址,门店详细地址,经营地址,详细地址,具体地址,地址,所在地址,门店地址,商户地址,store address",
        ),
        *PLACE,
        *COORDINATES,
        Column("has_gps", Kind.FLAG, "定位功能,终端是否具备定位功能,是否支持定位,gps,enableposition"),
        Column(
            "iccid",
            Kind.REFERENCE,
            "SIM卡号,SIM卡,ICCID号,SIM卡ICCID,流量卡ICCID,物联卡号,物联网卡号,物联卡ICCID,机具SIM卡号,流量卡号,icc_id,sim,simtel",
        ),
        Column(
            "last_signin_at",
            Kind.MOMENT,
            "last logon,签到时间,终端签到时间,最近签到,最近签到时间,last sign-in,pos_signin_time",
        ),
        Column(
            "last_heartbeat_at",
            Kind.MOMENT,
            "最近心跳,最近心跳时间,最新心跳时间,最后心跳时间,心跳时间,最后在线时间,最近在线时间,最后上线时间,最近上线时间,最后联络,最近通讯时间,最后通讯时间,"
            "last heartbeat,heartbeat,last seen,last online,last activity,lastactivityat,pinged,last contact,心跳,末次心跳,最近一次心跳,最新心跳,"
            + made_of(
                "最后,最近,最新,上次,末次,最近一次",
                "心跳时间,心跳日期,心跳上报时间,在线时间,在线日期,上线时间,通讯时间,通讯日期,通信时间,连线时间,联机时间,联网时间,连接时间,活跃时间,活动时间,上报时间",
            )
            + ",最后心跳,最后在线,最近在线,心跳上报时间,上次在线,终端最后在线时间,设备最后在线时间,heartbeat time,"
            + made_of(
                "last heartbeat, last online, last contact, last seen, last active, last communication, last report",
                " time",
            )
            + ",last seen at,last seen on,last comms,last comm,last comms time,last contacted,last contact date,last contact time,last checked in,last check in time,last check in date,last connection time,last connect time,last connected time,last connection date,last accessed time,last access time,last accessed,last polled,last poll,last ping time,last heard,last communicated,last communication date,last reported time,last reported at,last active,last communication,last connected,last connection,last check-in,last ping,last reported",
            alone="最近上线,最后上线,最后通讯,最近通讯,最后通信,last comm,上次报到时间,最近报到时间,最后报到时间,最后活跃,最近活跃,last poll,last access time,last accessed,last access,last polled,last call,last call-in,last sync time,最后登录时间,最近登录时间,最后登录,最近登录,last login",
        ),
        Column(
            "last_txn_at",
            Kind.MOMENT,
            "最近交易,最后交易,最后一笔交易,最近一笔交易,last trans,最近消费时间,最近动账时间,最近交易时间,最后交易时间,末笔交易时间,末笔交易日期,最近刷卡时间,最近收款时间,last sale date,last trade date,最近交易日期,最后交易日期,last txn,last tran,last trade,last sale,last payment,最近交易日,last trans time,last trans date,last txn time,last txn date,last trade time,last transaction,last transaction at,lasttransactionat",
        ),
        *TRANSACTION_COLUMNS,
        Column(
            "is_spare",
            Kind.FLAG,
            "备机,是否备机,备用机,是否备用,是否备用机,备用终端,备机标识,备机标志,备用标识,备用标志,spare,backup",
        ),
        Column(
            "ownership", Kind.TEXT, "产权归属,机具产权,设备产权,产权,终端来源,机具来源,设备来源,devicesource"
        ),
        Column("owner_org", Kind.TEXT, "产权机构"),
        Column("pinpad_no", Kind.REFERENCE, "键盘号,密码键盘编号,pinpad id"),
        Column(
            "license_no",
            Kind.REFERENCE,
            "终端入网认证编号,入网认证编号,入网许可证号,认证编号,入网许可编号,入网许可证编号,入网许可证书编号,入网证号,入网证编号,入网证书编号,认证证书编号,检测认证编号,产品认证编号,"
            "银联认证编号,银联卡受理终端认证编号,受理终端认证编号,network_license,licence no",
            alone="证书编号,证书号",
        ),
        Column(
            "cert_expiry",
            Kind.DATE,
            CERT_EXPIRY_HEADERS,
            alone="证书期限,认证期限,CCC证书有效期,凭证到期日,数字证书到期日,数字证书有效期,密钥证书到期日,密钥证书有效期,检测报告有效期",
        ),
        Column("pts_version", Kind.REFERENCE, "PCI版本,PTS版本"),
        Column("pts_approval", Kind.REFERENCE, "PCI认证号,PTS认证号,approval number"),
        Column("pts_expiry", Kind.DATE, PTS_EXPIRY_HEADERS),
        Column(
            "sm_support",
            Kind.FLAG,
            "国密,国密算法,SM算法,国产密码,"
            + made_of("国密,国密算法,SM算法,商用密码,国产密码", "支持,改造,标识,标志,支持情况,改造情况")
            + ","
            + made_of("是否,是否支持,支持,是否完成,已完成,是否采用", "国密,国密算法,国密改造,SM算法,国产密码")
            + ",国密终端,是否国密终端,sm algorithm,sm supported,supports sm,sm crypto",
        ),
        Column(
            "batch_no", Kind.REFERENCE, "批次号,录入批次,申请单号,终端批次号,批次,采购批次,入库批次号,batch"
        ),
        Column("created_at", Kind.MOMENT, "创建时间,创建日期时间,录入时间,建档时间,create time"),
        Column(
            "updated_at",
            Kind.MOMENT,
            "更新时间,最近更新时间,最近更新日期时间,修改时间,最后修改时间,数据更新时间,最近操作时间,update_time,last update time,modify time,last modified",
        ),
        Column(
            "last_error",
            Kind.TEXT,
            "错误信息,最近错误,最近错误信息,报错信息,last error,error message",
            of_faults=True,
        ),
        Column(
            "remark",
            Kind.TEXT,
            "备注,说明,note,notes,comment,comments,备注说明,备注信息,附注,其他说明,remarks",
        ),
    ),
)
